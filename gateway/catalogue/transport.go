package catalogue

// transport reads how the senders of a service's messages are checked. Where off is legal depends on the
// network, which only the configuration knows.
func (b *builder) transport(f shepFile) {
	if f.Transport != "" {
		b.oneOf(f.Transport, at("shep", "transport"), "off", "pinned", "national")
	}
	if len(f.BIN) > 0 && f.Transport != "national" {
		b.fail(at("shep", "bin"), "shep.bin: belongs to transport: national")
	}
	for _, bin := range f.BIN {
		if !isDigits(bin, 12) {
			b.fail(at("shep", "bin"), "shep.bin: want twelve digits, quoted")
		}
	}
}
