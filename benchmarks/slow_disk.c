/* A disk that takes its time, preloaded into a program: each wait for it takes as long as SLOW_DISK_MICROSECONDS says,
   whatever the disk of this machine is doing, and leaves one byte in the file SLOW_DISK_LOG. Nothing is waited for. */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static int wait_for_disk(int file) {
    long rest = atol(getenv("SLOW_DISK_MICROSECONDS"));
    struct timespec left = {rest / 1000000, rest % 1000000 * 1000};
    int log;
    if (fcntl(file, F_GETFD) < 0) return -1;
    log = open(getenv("SLOW_DISK_LOG"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log < 0 || write(log, ".", 1) != 1) abort();
    close(log);
    while (nanosleep(&left, &left) && errno == EINTR) {}
    return 0;
}

int fsync(int file) { return wait_for_disk(file); }
int fdatasync(int file) { return wait_for_disk(file); }
