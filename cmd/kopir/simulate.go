package main

// SimulateCmd is the outside world for integrators' tests.
type SimulateCmd struct {
	PKI SimulatePKICmd `cmd:"" name:"pki" help:"A throw-away national PKI on loopback: OCSP, lists, time-stamps, and faults to switch on."`
}
