import base from "../../playwright.config";

/** Takes the pictures of docs/images: `npm run screenshots`. */
export default { ...base, testDir: ".", testMatch: /.*\.pictures\.ts/ };
