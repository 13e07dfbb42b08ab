// Package demo tells the whole story on loopback: a throw-away national PKI, the state gateway with
// the portal and the cabinet, two district systems, and Kopir between them. Nothing in it is
// staged: every line of the transcript is printed after the thing happened, and a thing that did
// not happen ends the story with an error.
package demo
