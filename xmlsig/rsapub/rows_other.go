//go:build !amd64 || purego

package rsapub

func addMulRows(z, x, y []uint64, rows, length, fall int, k uint64) (carry uint64) {
	return addMulRowsGo(z, x, y, rows, length, fall, k)
}
