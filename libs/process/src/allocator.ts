/**
 * glibc's settings for a process that trains: large buffers stay with it instead of going back to the kernel at each
 * step. 32 MiB is the largest threshold that glibc accepts.
 */
export const ALLOCATOR_ENVIRONMENT = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 ** 2),
  MALLOC_TRIM_THRESHOLD_: String(512 * 1024 ** 2),
  MALLOC_TOP_PAD_: String(64 * 1024 ** 2),
} as const;
