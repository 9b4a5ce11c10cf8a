// The page's first script, which its build loads beside the others and runs before them.
import { sendEarly } from "@/api/early";

sendEarly();
