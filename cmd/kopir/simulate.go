package main

// SimulateCmd is the outside world for integrators' tests.
type SimulateCmd struct {
	SHEP SimulateSHEPCmd `cmd:"" name:"shep" help:"The state gateway on loopback: it pushes, pulls, signs and misbehaves; and asks any adapter conformance cases."`
	PKI  SimulatePKICmd  `cmd:"" name:"pki" help:"A throw-away national PKI on loopback: OCSP, lists, time-stamps, and faults to switch on."`
}
