//go:build !purego

package rsapub

import "golang.org/x/sys/cpu"

// hasADX tells whether the processor has MULX (BMI2), ADCX and ADOX (ADX): Intel since 2015, AMD since 2017.
var hasADX = cpu.X86.HasBMI2 && cpu.X86.HasADX

// addMulRowsADX is addMulRowsGo; every slice reaches as far as that one would read and write.
//
//go:noescape
func addMulRowsADX(z, x, y *uint64, rows, length, fall int, k uint64) (carry uint64)

func addMulRows(z, x, y []uint64, rows, length, fall int, k uint64) (carry uint64) {
	if hasADX {
		return addMulRowsADX(&z[0], &x[0], &y[0], rows, length, fall, k)
	}
	return addMulRowsGo(z, x, y, rows, length, fall, k)
}
