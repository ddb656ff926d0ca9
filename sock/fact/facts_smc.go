package fact

import "sockeye/sock"

var smcFact = func() *Fact {
	f := numbersFact(Fact{
		Name: "smc_info", Needs: sock.FieldSMCInfo, Words: "SMC's inner facts",
		Doc:   "details of Shared Memory Communications: linux/smc_diag.h",
		parts: smcParts,
		begin: func(s *sock.Socket) { s.SMCInfo = new(sock.SMCInfo) },
	}, sock.SMCMembers, "smc_", of(smcInfo, func(i *sock.SMCInfo) *sock.Numbers { return &i.Numbers }), func(parts partList) {
		role := parts.named("role")
		role.show = role.showName([]string{"client", "server"})
	})
	f.has = func(s *sock.Socket) bool { return s.SMCInfo != nil }
	return f
}()

func smcInfo(s *sock.Socket) *sock.SMCInfo { return s.SMCInfo }

func smcParts() []*Fact {
	return []*Fact{
		choice(Fact{
			Name: "smc_info.state", Aliases: []string{"smc_state"}, Kind: Choice, Values: sock.SMCStateNames(),
			Doc: "SMC's own state; state has that of TCP which is like it", Example: "smc_state = active",
		}, of(smcInfo, func(i *sock.SMCInfo) uint8 { return uint8(i.State) }), func(s *sock.Socket, v uint8) { s.SMCInfo.State = sock.SMCState(v) }),
		choice(Fact{
			Name: "smc_info.mode", Aliases: []string{"smc_mode"}, Kind: Choice, Values: sock.SMCModeNames(),
			Doc: "how the bytes go: through RDMA, through a device's shared memory, or through TCP after all", Example: "smc_mode = fallback_tcp",
		}, of(smcInfo, func(i *sock.SMCInfo) uint8 { return uint8(i.Mode) }), func(s *sock.Socket, v uint8) { s.SMCInfo.Mode = sock.SMCMode(v) }),
		smcText("device", "RDMA device of the link", "mlx5_0", func(i *sock.SMCInfo) *string { return &i.Device }),
		smcText("gid", "own end of the link", "fe80::1", func(i *sock.SMCInfo) *string { return &i.GID }),
		smcText("peer_gid", "peer's end of the link", "fe80::2", func(i *sock.SMCInfo) *string { return &i.PeerGID }),
	}
}

func smcText(name, doc, example string, at func(*sock.SMCInfo) *string) *Fact {
	return &Fact{
		Name: "smc_info." + name, Aliases: []string{"smc_" + name}, Kind: Text, Doc: doc, Example: "smc_" + name + " = " + example,
		text: of(smcInfo, at),
	}
}
