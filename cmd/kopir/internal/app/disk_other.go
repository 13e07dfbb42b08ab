//go:build !linux && !darwin

package app

// freeSpace is not told here.
func freeSpace(string) (bytes uint64, ok bool) { return 0, false }
