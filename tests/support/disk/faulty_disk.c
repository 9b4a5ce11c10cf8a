/*
 * Faults of a disk for the tests: preloaded into a process, it counts the system calls that change
 * files of one directory. At a chosen call it kills the process, or lets the call fail. It can also
 * note all changes in a journal, from which `journal.py` makes the disk after a loss of power.
 *
 * FAULTY_DISK_PLACE is the directory, FAULTY_DISK_CONTROL the file that holds `struct control`, and
 * FAULTY_DISK_JOURNAL the journal, which is optional.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct control {
    int64_t armed;     /* whether calls are counted */
    int64_t kind;      /* what happens at the chosen call */
    int64_t first;     /* the number of the first call that is struck, counted from 1 */
    int64_t times;     /* how many calls in a row are struck */
    int64_t count;     /* how many calls were counted */
    int64_t struck;    /* how many calls were struck */
};

enum kind { KILL = 1, NO_SPACE, IO_ERROR, SHORT_WRITE, SYNC_ERROR };
enum call { WRITE = 1, READ = 2, RESIZE = 4, SYNC = 8, CREATE = 16, NAME = 32, REMOVE = 64 };
enum entry { WROTE = 1, RESIZED, SYNCED, CREATED, RENAMED, REMOVED, MADE_DIRECTORY };

struct header {
    uint32_t what, path_bytes;
    uint64_t inode;
    int64_t offset;
    uint64_t bytes;
};

static const int CALLS[] = {
    [KILL] = WRITE | RESIZE | SYNC | CREATE | NAME | REMOVE,
    [NO_SPACE] = WRITE | RESIZE | CREATE | NAME,
    [IO_ERROR] = WRITE | READ | RESIZE | SYNC | CREATE | NAME | REMOVE,
    [SHORT_WRITE] = WRITE,
    [SYNC_ERROR] = SYNC,
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct control *control;
static char place[PATH_MAX];
static size_t place_bytes;
static int journal = -1;


__attribute__((constructor)) static void begin(void) {
    const char *directory = getenv("FAULTY_DISK_PLACE"), *file = getenv("FAULTY_DISK_CONTROL");
    const char *notes = getenv("FAULTY_DISK_JOURNAL");
    if (directory == NULL || file == NULL)
        return;
    int handle = syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC);
    if (handle < 0)
        return;
    void *mapped = mmap(NULL, sizeof(struct control), PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
    syscall(SYS_close, handle);
    if (mapped == MAP_FAILED)
        return;
    snprintf(place, sizeof place, "%s/", directory);
    place_bytes = strlen(place);
    if (notes != NULL)
        journal = syscall(SYS_openat, AT_FDCWD, notes, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    control = mapped;
}

static int is_path_ours(const char *path) {
    return control != NULL && path != NULL && strncmp(path, place, place_bytes) == 0;
}

/* Whether a file, or the directory itself, belongs to the faulty disk. */
static int is_ours(int handle, char *path) {
    char link[64];
    if (control == NULL || handle < 0)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", handle);
    ssize_t bytes = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 2);
    if (bytes <= 0)
        return 0;
    path[bytes] = '\0';
    if (strlen(path) == place_bytes - 1)
        return strncmp(path, place, place_bytes - 1) == 0;
    return is_path_ours(path);
}

/* Count a call; return the error with which it must fail, 0 for none, or -1 for a short write. */
static int strike(enum call call) {
    if (!control->armed || control->kind == 0 || !(CALLS[control->kind] & call))
        return 0;
    int64_t number = ++control->count;
    if (control->first == 0 || number < control->first || number >= control->first + control->times)
        return 0;
    control->struck++;
    switch (control->kind) {
    case KILL:
        if (call == WRITE && number % 2)
            return -1; /* half of the bytes are written before the process dies */
        kill(getpid(), SIGKILL);
        pause();
        return EIO;
    case NO_SPACE:
        return ENOSPC;
    case SHORT_WRITE:
        return number == control->first ? -1 : ENOSPC;
    default:
        return EIO;
    }
}

static void after_short_write(void) {
    if (control->kind == KILL) {
        kill(getpid(), SIGKILL);
        pause();
    }
}

static void note(uint32_t what, uint64_t inode, int64_t offset, const void *data, uint64_t bytes,
                 const char *path, uint32_t path_bytes) {
    if (journal < 0)
        return;
    struct header header = {what, path_bytes, inode, offset, bytes};
    syscall(SYS_write, journal, &header, sizeof header);
    if (path_bytes)
        syscall(SYS_write, journal, path, path_bytes);
    if (data != NULL && bytes)
        syscall(SYS_write, journal, data, bytes);
}

static uint64_t find_inode(int handle) {
    struct stat found;
    return fstat(handle, &found) == 0 ? found.st_ino : 0;
}

static void lock(void) { pthread_mutex_lock(&mutex); }

static void unlock(void) {
    int saved = errno;
    pthread_mutex_unlock(&mutex);
    errno = saved;
}

static ssize_t write_at(int handle, const void *data, size_t bytes, off64_t offset, int is_placed) {
    char path[PATH_MAX];
    if (!is_ours(handle, path))
        return is_placed ? syscall(SYS_pwrite64, handle, data, bytes, offset)
                         : syscall(SYS_write, handle, data, bytes);
    lock();
    int fault = strike(WRITE);
    if (fault > 0) {
        unlock();
        errno = fault;
        return -1;
    }
    if (fault < 0 && bytes > 1)
        bytes /= 2;
    ssize_t written;
    if (is_placed) {
        written = syscall(SYS_pwrite64, handle, data, bytes, offset);
    } else {
        int flags = fcntl(handle, F_GETFL);
        struct stat found;
        fstat(handle, &found);
        offset = flags & O_APPEND ? found.st_size : lseek(handle, 0, SEEK_CUR);
        written = syscall(SYS_write, handle, data, bytes);
    }
    if (written > 0)
        note(WROTE, find_inode(handle), offset, data, written, NULL, 0);
    if (fault < 0)
        after_short_write();
    unlock();
    return written;
}

ssize_t write(int handle, const void *data, size_t bytes) {
    return write_at(handle, data, bytes, 0, 0);
}

ssize_t pwrite(int handle, const void *data, size_t bytes, off_t offset) {
    return write_at(handle, data, bytes, offset, 1);
}

ssize_t pwrite64(int handle, const void *data, size_t bytes, off64_t offset) {
    return write_at(handle, data, bytes, offset, 1);
}

static int fails(int handle, enum call call) {
    char path[PATH_MAX];
    if (!is_ours(handle, path))
        return 0;
    lock();
    int fault = strike(call);
    unlock();
    if (fault > 0)
        errno = fault;
    return fault > 0;
}

ssize_t read(int handle, void *data, size_t bytes) {
    return fails(handle, READ) ? -1 : syscall(SYS_read, handle, data, bytes);
}

ssize_t pread(int handle, void *data, size_t bytes, off_t offset) {
    return fails(handle, READ) ? -1 : syscall(SYS_pread64, handle, data, bytes, offset);
}

ssize_t pread64(int handle, void *data, size_t bytes, off64_t offset) {
    return fails(handle, READ) ? -1 : syscall(SYS_pread64, handle, data, bytes, offset);
}

static int resize(int handle, off64_t bytes) {
    if (fails(handle, RESIZE))
        return -1;
    int result = syscall(SYS_ftruncate, handle, bytes);
    char path[PATH_MAX];
    if (result == 0 && is_ours(handle, path)) {
        lock();
        note(RESIZED, find_inode(handle), bytes, NULL, 0, NULL, 0);
        unlock();
    }
    return result;
}

int ftruncate(int handle, off_t bytes) { return resize(handle, bytes); }
int ftruncate64(int handle, off64_t bytes) { return resize(handle, bytes); }

static int allocate(int handle, off64_t offset, off64_t bytes) {
    if (fails(handle, RESIZE))
        return errno;
    if (syscall(SYS_fallocate, handle, 0, offset, bytes) != 0)
        return errno;
    char path[PATH_MAX];
    struct stat found;
    if (is_ours(handle, path) && fstat(handle, &found) == 0) {
        lock();
        note(RESIZED, found.st_ino, found.st_size, NULL, 0, NULL, 0);
        unlock();
    }
    return 0;
}

int posix_fallocate(int handle, off_t offset, off_t bytes) { return allocate(handle, offset, bytes); }
int posix_fallocate64(int handle, off64_t offset, off64_t bytes) {
    return allocate(handle, offset, bytes);
}

static int sync_file(int handle, long call) {
    char path[PATH_MAX];
    if (!is_ours(handle, path))
        return syscall(call, handle);
    lock();
    int fault = strike(SYNC);
    if (fault > 0) {
        unlock();
        errno = fault;
        return -1;
    }
    /* A killed process loses nothing that it wrote, and the journal decides what a loss of power
       keeps. A real sync would only cost time. */
    note(SYNCED, find_inode(handle), 0, NULL, 0, NULL, 0);
    unlock();
    return 0;
}

int fsync(int handle) { return sync_file(handle, SYS_fsync); }
int fdatasync(int handle) { return sync_file(handle, SYS_fdatasync); }

static int open_file(int directory, const char *name, int flags, mode_t mode) {
    if (!(flags & O_CREAT) || !is_path_ours(name)) {
        int handle = syscall(SYS_openat, directory, name, flags, mode);
        if (handle >= 0 && flags & O_TRUNC && is_path_ours(name)) {
            lock();
            note(RESIZED, find_inode(handle), 0, NULL, 0, NULL, 0);
            unlock();
        }
        return handle;
    }
    lock();
    struct stat found;
    int is_new = fstatat(AT_FDCWD, name, &found, AT_SYMLINK_NOFOLLOW) != 0;
    int fault = is_new ? strike(CREATE) : 0;
    if (fault > 0) {
        unlock();
        errno = fault;
        return -1;
    }
    int handle = syscall(SYS_openat, directory, name, flags, mode);
    if (handle >= 0 && is_new)
        note(CREATED, find_inode(handle), 0, NULL, 0, name, strlen(name));
    else if (handle >= 0 && flags & O_TRUNC)
        note(RESIZED, find_inode(handle), 0, NULL, 0, NULL, 0);
    unlock();
    return handle;
}

#define MODE(flags) \
    mode_t mode = 0; \
    if ((flags) & (O_CREAT | O_TMPFILE)) { \
        va_list rest; \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
    }

int open(const char *name, int flags, ...) {
    MODE(flags)
    return open_file(AT_FDCWD, name, flags, mode);
}

int open64(const char *name, int flags, ...) {
    MODE(flags)
    return open_file(AT_FDCWD, name, flags | O_LARGEFILE, mode);
}

int openat(int directory, const char *name, int flags, ...) {
    MODE(flags)
    return open_file(directory, name, flags, mode);
}

int openat64(int directory, const char *name, int flags, ...) {
    MODE(flags)
    return open_file(directory, name, flags | O_LARGEFILE, mode);
}

int rename(const char *from, const char *to) {
    if (!is_path_ours(from) && !is_path_ours(to))
        return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    lock();
    int fault = strike(NAME);
    if (fault > 0) {
        unlock();
        errno = fault;
        return -1;
    }
    int result = syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
    if (result == 0) {
        char both[2 * PATH_MAX];
        int bytes = snprintf(both, sizeof both, "%s%c%s", from, '\0', to);
        note(RENAMED, 0, 0, NULL, 0, both, bytes);
    }
    unlock();
    return result;
}

int unlink(const char *name) {
    if (!is_path_ours(name))
        return syscall(SYS_unlinkat, AT_FDCWD, name, 0);
    lock();
    int fault = strike(REMOVE);
    if (fault > 0) {
        unlock();
        errno = fault;
        return -1;
    }
    int result = syscall(SYS_unlinkat, AT_FDCWD, name, 0);
    if (result == 0)
        note(REMOVED, 0, 0, NULL, 0, name, strlen(name));
    unlock();
    return result;
}

int mkdir(const char *name, mode_t mode) {
    if (!is_path_ours(name))
        return syscall(SYS_mkdirat, AT_FDCWD, name, mode);
    lock();
    int fault = strike(CREATE);
    if (fault > 0) {
        unlock();
        errno = fault;
        return -1;
    }
    int result = syscall(SYS_mkdirat, AT_FDCWD, name, mode);
    struct stat found;
    if (result == 0 && fstatat(AT_FDCWD, name, &found, 0) == 0)
        note(MADE_DIRECTORY, found.st_ino, 0, NULL, 0, name, strlen(name));
    unlock();
    return result;
}
