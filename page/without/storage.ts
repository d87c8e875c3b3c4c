/** Stands for Storage's client in the page's build, which stores no files. */

export class StorageClient {}

export class StorageApiError extends Error {}
