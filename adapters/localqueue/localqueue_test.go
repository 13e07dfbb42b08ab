package localqueue_test

import (
	"testing"

	"kopir/adapters/localqueue"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

func TestIndex(t *testing.T) {
	gatewaytest.ExerciseIndex(t, func(t *testing.T) gateway.Index {
		ix := localqueue.New()
		t.Cleanup(func() { _ = ix.Close() })
		return ix
	})
}
