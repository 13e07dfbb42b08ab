//go:build race

package revocation_test

const raceEnabled = true
