// Package gateway is the domain: an application comes in signed, is proved, recorded,
// routed to the provider the regulation names, worked on, answered and delivered.
//
// Data flows one way: [Intake] decides and records, [Work] hands cases to providers and
// takes their results, [Delivery] carries what the outbox holds, [Stamping] dates what was
// written. The outside world comes in through the ports in ports.go; adapters implement them.
package gateway
