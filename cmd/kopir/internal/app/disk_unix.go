//go:build linux || darwin

package app

import "syscall"

// freeSpace is what a user may still write where the folder lies.
func freeSpace(folder string) (bytes uint64, ok bool) {
	var s syscall.Statfs_t
	if syscall.Statfs(folder, &s) != nil {
		return 0, false
	}
	return s.Bavail * uint64(s.Bsize), true
}
