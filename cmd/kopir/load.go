package main

import (
	"errors"
	"fmt"
	"math/bits"
	"sync"
	"time"

	"kopir/xmlsig"
	"kopir/xmlsig/pki"
	"kopir/xmlsig/reason"
	"kopir/xmlsig/xmltree"
)

// LoadCmd measures what this machine can do.
type LoadCmd struct {
	Verify LoadVerifyCmd `cmd:"" help:"Verify one signed document over and over, in this process."`
}

// LoadVerifyCmd verifies one document in a loop: bounded in time, nothing is fetched.
type LoadVerifyCmd struct {
	File    string   `required:"" placeholder:"FILE" help:"Signed XML."`
	Trust   []string `required:"" sep:"none" placeholder:"FILE|DIR" help:"CA certificates: self-signed ones are anchors, others help to build chains."`
	Threads int      `default:"1" placeholder:"N" help:"Loops side by side."`
	Seconds float64  `default:"2" placeholder:"S" help:"How long to measure, after one verification by every loop to warm up."`
}

// Bounds of a run.
const (
	maxLoadThreads = 1024
	maxLoadSeconds = 3600
)

// Help shows an example and the columns.
func (c *LoadVerifyCmd) Help() string {
	return `Example: kopir load verify --file signed.xml --trust nca/ --threads 2 --seconds 5

Revocation is off, the purpose generic, and the certificate is known after the first time. Prints
one line of tab-separated values: what, threads, seconds, count, per_second, p50_ms, p99_ms.
Exit codes: 0 every verification passed, 1 one did not, 2 usage or unreadable file.`
}

// Run measures and prints the line.
func (c *LoadVerifyCmd) Run() error { return c.run(standardStreams()) }

func (c *LoadVerifyCmd) run(std streams) error {
	if c.Threads < 1 || c.Threads > maxLoadThreads || !(c.Seconds > 0 && c.Seconds <= maxLoadSeconds) {
		return usageErrorf("--threads wants 1 to %d, --seconds up to %d", maxLoadThreads, maxLoadSeconds)
	}
	doc, err := readDocument(c.File, std.in, xmltree.DefaultLimits().Bytes)
	if err != nil {
		return usageErrorf("--file %s: %w", c.File, err)
	}
	purpose := pki.PurposeGeneric
	opt := xmlsig.Options{At: std.now(), Trust: pki.NewStore(), Purpose: &purpose}
	for _, path := range c.Trust {
		if err := loadTrustPath(opt.Trust, path, std.err); err != nil {
			return err
		}
	}
	load := measure(c.Threads, time.Duration(c.Seconds*float64(time.Second)), func() operation { return verifyLoop(doc, opt) })
	if load.err != nil {
		return &exitError{code: exitFailed, err: load.err}
	}
	_, err = fmt.Fprintln(std.out, load.line("verify", c.Threads))
	return err
}

// operation is what is measured; an error ends the run.
type operation func() error

// verifyLoop is one caller that uses its buffer again, as a server does.
func verifyLoop(doc []byte, opt xmlsig.Options) operation {
	var buf []byte
	return func() error {
		r := xmlsig.Verify(buf[:0], doc, opt)
		buf = r.Covered
		switch outcome, code := r.Verdict(); {
		case outcome == reason.Passed:
			return nil
		case code == "":
			return fmt.Errorf("the verdict is %s", outcome)
		default:
			return fmt.Errorf("the verdict is %s: %s", outcome, code)
		}
	}
}

// measured is what the loops of a run found together.
type measured struct {
	took  time.Duration
	count int
	times durations
	err   error
}

// measure runs the loops that start makes, each in a goroutine of its own: once to warm up, then all
// together until the time is over.
func measure(threads int, length time.Duration, start func() operation) measured {
	all := make([]measured, threads)
	var warm, done sync.WaitGroup
	begin := make(chan struct{})
	for i := range all {
		warm.Add(1)
		done.Go(func() {
			op := start()
			all[i].err = op()
			warm.Done()
			<-begin
			if all[i].err == nil {
				all[i].repeat(op, length)
			}
		})
	}
	warm.Wait()
	from := time.Now()
	close(begin)
	done.Wait()
	sum := measured{took: time.Since(from)}
	for i := range all {
		sum.count += all[i].count
		sum.times.add(&all[i].times)
		sum.err = errors.Join(sum.err, all[i].err)
	}
	return sum
}

// repeat calls op until length is over. A verdict that is not passed must not be measured as a fast one.
func (m *measured) repeat(op operation, length time.Duration) {
	from := time.Now()
	for last := time.Duration(0); last < length; {
		if m.err = op(); m.err != nil {
			return
		}
		now := time.Since(from)
		m.times.note(now - last)
		m.count++
		last = now
	}
}

func (m *measured) line(what string, threads int) string {
	ms := func(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
	seconds := m.took.Seconds()
	return fmt.Sprintf("%s\t%d\t%.3f\t%d\t%.1f\t%.4f\t%.4f", what, threads, seconds, m.count, float64(m.count)/seconds,
		ms(m.times.quantile(0.50)), ms(m.times.quantile(0.99)))
}

// durationSteps is how many buckets each doubling of a duration has: quantiles are right to 3 %.
const durationSteps = 32

// durations counts durations in buckets, so that a run of an hour needs no more memory than one of a second.
type durations [64 * durationSteps]int

func (d *durations) note(t time.Duration) { d[bucket(uint64(max(t, 0)))]++ }

func (d *durations) add(other *durations) {
	for i, n := range other {
		d[i] += n
	}
}

// bucket of a number: its length in bits and the bits behind the first.
func bucket(n uint64) int {
	if n < durationSteps {
		return int(n)
	}
	length := bits.Len64(n)
	shift := length - bits.Len(durationSteps)
	return (length-bits.Len(durationSteps))*durationSteps + int(n>>shift)
}

// floor is the smallest number of a bucket.
func floor(bucket int) uint64 {
	if bucket < 2*durationSteps {
		return uint64(bucket)
	}
	shift := bucket/durationSteps - 1
	return uint64(bucket-shift*durationSteps) << shift
}

// quantile is the duration that the given part of all does not exceed, to the precision of a bucket.
func (d *durations) quantile(part float64) time.Duration {
	total := 0
	for _, n := range d {
		total += n
	}
	rest := int(part * float64(total))
	for i, n := range d {
		if rest -= n; rest < 0 {
			return time.Duration(floor(i))
		}
	}
	return 0
}
