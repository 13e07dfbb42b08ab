// Package simulate is the outside world on loopback: a throw-away PKI shaped like the national
// one, the state gateway with the portal and the personal cabinet behind it, and district systems.
// The demo and the tests drive it; nothing of it is linked into a serving gateway's work.
package simulate
