//go:build !purego

#include "textflag.h"

// LIMB adds limb i of x times DX, and the high half of the limb before, to limb i of z. Two chains of
// carries run side by side: CF from low halves to high halves, OF along z.
#define LIMB(i, before, high) \
	MULXQ 8*i(R10), AX, high \
	ADCXQ before, AX         \
	ADOXQ 8*i(R9), AX        \
	MOVQ  AX, 8*i(R9)

// func addMulRowsADX(z, x, y *uint64, rows, length, fall int, k uint64) (carry uint64)
//
// DI, SI, R8: z, x and y of the row; R11: its length; R15: rows left; R13: the carry beyond a row, 0 or -1.
// R9, R10: z and x of the block; CX: blocks left; DX: the factor of the row; R12: high half; R14: zero.
TEXT ·addMulRowsADX(SB), NOSPLIT, $0-64
	MOVQ z+0(FP), DI
	MOVQ x+8(FP), SI
	MOVQ y+16(FP), R8
	MOVQ rows+24(FP), R15
	MOVQ length+32(FP), R11
	XORL R13, R13
	XORL R14, R14

row:
	MOVQ  (R8), DX
	IMULQ k+48(FP), DX
	MOVQ  DI, R9
	MOVQ  SI, R10
	LEAQ  7(R11), CX
	SHRQ  $3, CX
	XORL  R12, R12

block:
	XORL  AX, AX // clears CF and OF
	LIMB(0, R12, BX)
	LIMB(1, BX, R12)
	LIMB(2, R12, BX)
	LIMB(3, BX, R12)
	LIMB(4, R12, BX)
	LIMB(5, BX, R12)
	LIMB(6, R12, BX)
	LIMB(7, BX, R12)
	ADCXQ R14, R12 // both carries fit: eight limbs times one, plus eight, plus one, is below 2^(64·9)
	ADOXQ R14, R12
	ADDQ  $64, R9
	ADDQ  $64, R10
	DECQ  CX
	JNZ   block

	ADDQ R13, R13 // CF = the carry beyond the row before
	ADCQ R12, (R9)
	SBBQ R13, R13

	MOVQ fall+40(FP), AX
	SUBQ AX, R11
	LEAQ (SI)(AX*8), SI
	LEAQ 8(DI)(AX*8), DI
	ADDQ $8, R8
	DECQ R15
	JNZ  row

	NEGQ R13
	MOVQ R13, carry+56(FP)
	RET
