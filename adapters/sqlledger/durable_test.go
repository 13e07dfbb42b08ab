package sqlledger_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"kopir/adapters/sqlledger"
	"kopir/gateway"
	"kopir/gateway/gatewaytest"
)

// crashFile tells the test binary that it is the process to be killed, and which file to write to.
const crashFile = "KOPIR_TEST_CRASH_FILE"

// TestMain plays the process that is killed in [TestKilledProcessLosesNothingAcknowledged].
func TestMain(m *testing.M) {
	if file := os.Getenv(crashFile); file != "" {
		writeUntilKilled(file)
	}
	os.Exit(m.Run())
}

// writeUntilKilled records applications with several writers and prints each number after it is durable.
func writeUntilKilled(file string) {
	ctx := context.Background()
	l, err := sqlledger.Open(ctx, file, sqlledger.Options{})
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	first, _ := strconv.Atoi(os.Getenv("KOPIR_TEST_CRASH_FIRST"))
	next := make(chan int)
	var say sync.Mutex
	for range 4 {
		go func() {
			for n := range next {
				_, err := l.Record(ctx, gatewaytest.NewRecord(n, gateway.StateAccepted))
				if err == nil {
					_, err = l.Change(ctx, gatewaytest.NewRecord(n, gateway.StateAccepted).Case.Number, toWork)
				}
				say.Lock()
				if err != nil {
					fmt.Println("error", err)
				} else {
					fmt.Println(n)
				}
				say.Unlock()
			}
		}()
	}
	for n := first; ; n++ {
		next <- n
	}
}

func toWork(c gateway.Case) (gateway.Change, error) {
	c.State = gateway.StateInWork
	return gateway.Change{Case: c, Events: []gateway.Event{{Kind: "acknowledged", Actor: "akkol"}},
		Outbox: []gateway.Message{gatewaytest.NewMessage(gateway.KindNotification, "in_work")}}, nil
}

func TestKilledProcessLosesNothingAcknowledged(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kopir.db")
	var acknowledged []int
	for round := range 3 {
		written := killWhileWriting(t, file, 1+round*1_000_000, 40+30*round)
		acknowledged = append(acknowledged, written...)
		checkAll(t, file, acknowledged)
	}
}

// killWhileWriting starts the writing process, kills it after so many acknowledgements and returns
// everything it had acknowledged.
func killWhileWriting(t *testing.T, file string, first, after int) (acknowledged []int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashFile+"="+file, "KOPIR_TEST_CRASH_FIRST="+strconv.Itoa(first))
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		n, err := strconv.Atoi(lines.Text())
		if err != nil {
			t.Errorf("the writer says %q", lines.Text())
		}
		if acknowledged = append(acknowledged, n); len(acknowledged) == after {
			_ = cmd.Process.Kill() // what it had printed by then is still read
		}
	}
	if err := cmd.Wait(); err == nil || len(acknowledged) < after {
		t.Fatalf("the writer ended by itself after %d records: %v", len(acknowledged), err)
	}
	return acknowledged
}

// checkAll demands every acknowledged record whole, and of the others all or nothing.
func checkAll(t *testing.T, file string, acknowledged []int) {
	t.Helper()
	l, err := sqlledger.Open(t.Context(), file, sqlledger.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, n := range acknowledged {
		want := gatewaytest.NewRecord(n, gateway.StateAccepted)
		c, err := l.Case(t.Context(), want.Case.Number)
		if err != nil || c.State != gateway.StateInWork {
			t.Fatalf("acknowledged record %d: state %q, %v", n, c.State, err)
		}
		stored, err := l.Stored(t.Context(), want.Key)
		if err != nil || stored == nil || stored.Answer.Number != want.Case.Number {
			t.Fatalf("acknowledged record %d has answer %+v, %v", n, stored, err)
		}
		if _, err := l.Document(t.Context(), want.Documents[0].SHA256); err != nil {
			t.Fatalf("acknowledged record %d: %v", n, err)
		}
		checkChain(t, l, c.Number, 2)
	}
	last := acknowledged[len(acknowledged)-1]
	for n := last + 1; n < last+10; n++ { // those under way when the process died
		r := gatewaytest.NewRecord(n, gateway.StateAccepted)
		_, caseErr := l.Case(t.Context(), r.Case.Number)
		_, verdictErr := l.Verdict(t.Context(), r.Verdict.ID)
		_, documentErr := l.Document(t.Context(), r.Documents[0].SHA256)
		if (caseErr == nil) != (verdictErr == nil) || (caseErr == nil) != (documentErr == nil) {
			t.Errorf("record %d is there in part: %v, %v, %v", n, caseErr, verdictErr, documentErr)
		}
	}
}

func checkChain(t *testing.T, l *sqlledger.Ledger, number string, want int) {
	t.Helper()
	events, err := l.Events(t.Context(), number)
	if err != nil || len(events) != want {
		t.Fatalf("%s has %d events, want %d: %v", number, len(events), want, err)
	}
	previous := ""
	for _, e := range events {
		if gateway.ChainHash(previous, e) != e.Hash {
			t.Fatalf("the chain of %s breaks at event %d", number, e.Seq)
		}
		previous = e.Hash
	}
}
