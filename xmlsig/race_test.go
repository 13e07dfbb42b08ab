//go:build race

package xmlsig_test

const raceDetector = true
