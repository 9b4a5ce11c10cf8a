import type { PayloadAddress } from "@/api";

/** Where a text stands: in which payload, in which version of it, and where in that. */
export interface TextAddress {
  address: PayloadAddress;
  version: string;
  pointer: string;
}

export interface BlockProps extends TextAddress {
  /** The text, or its beginning. */
  text: string;
  isCut: boolean;
}
