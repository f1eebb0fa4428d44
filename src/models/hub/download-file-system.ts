import { open, statfs } from "node:fs/promises";

/** A file that a download writes into. */
export interface DownloadFile {
  write(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number,
  ): Promise<{ readonly bytesWritten: number }>;
  /** Makes the bytes last through a loss of power. */
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** The disk that downloads go to. */
export interface DownloadFileSystem {
  /** Opens a file: `w` empties or makes it, `r+` keeps what is in it. */
  open(path: string, flags: "w" | "r+"): Promise<DownloadFile>;
  /**
   * Returns the space left for this user, in bytes; undefined if the file system does not report
   * it.
   */
  freeBytes(directory: string): Promise<number | undefined>;
}

/** The disks of this machine. */
export const diskFileSystem: DownloadFileSystem = {
  open: (path, flags) => open(path, flags),
  async freeBytes(directory) {
    const { bavail, blocks, bsize } = await statfs(directory);
    return blocks === 0 ? undefined : bavail * bsize;
  },
};
