import type { PayloadAddress } from "@/api";

/**
 * The address of a text: the payload, the payload's version, and the pointer within the payload.
 */
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
