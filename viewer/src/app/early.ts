// The page's first script, which its build loads beside the others and runs before them.
import { sendEarly } from "@/api/early";

// The first number format of a page takes a browser long. While the page's other scripts are loaded
// and compiled, nothing else runs.
void sendEarly().then(() => new Intl.NumberFormat());
