// Package doctor looks for what is wrong, or will be, with what the gateway depends on. An [Examination] really
// asks every source of certificate status and time stamps, and judges what comes; a [Forecast] tells from what the
// running gateway knows when applications will begin to be parked, and how many of them reach their due time.
//
//	x := doctor.Examination{Prober: client, Store: trust, Responders: …, Now: time.Now, Rand: rand.Reader}
//	x.Run(ctx, func(f doctor.Finding) { fmt.Println(f.Level, f.Words("en")) })
//
// What it says is made of closed lists of words (texts doctor.* in kk, ru and en) and of data without personal
// numbers or names of people. The package opens no connection: a [Prober] does.
package doctor
