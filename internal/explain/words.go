package explain

// words are those of answers that are no facts of a socket: what became of processes,
// how bad a finding is, how the program ended.
func words() []*Entry {
	all := []*Entry{
		{
			Name: "exit_status", Kind: Topic, Aliases: []string{"exit_code", "status"}, See: []string{"owner_status", "permission"},
			Title: "how the program ended, for scripts: as grep",
			Text: []string{
				"0: something matched. 1: nothing matched. 2: a mistake in the options or the filter. 3: the answer could not be read or written or, with --strict, is incomplete; also where a missing right leaves open what was asked. 130 and 143: ended by SIGINT and SIGTERM; a view that goes on and is ended by SIGINT is 0.",
				"doctor: 1 something is wrong. diff: 1 something differs. wait: 1 the time is over. kill: 1 nobody was to be ended, 3 a process holds its sockets still, or another one has them. The help of a command says its own.",
			},
			Sources: []string{"sockeye help"},
		},
		value("critical", "severity", "How bad a finding of doctor is: connections fail now, or soon"),
		value("warning", "severity", "How bad a finding of doctor is: something is wrong, and what it costs is not certain. Also what an answer could not tell, with a code"),
		value("info", "severity", "How bad a finding of doctor is: worth knowing, and no reason for its exit status 1"),
		value("end", "event", "The last line of a live view, with what was lost"),
		value("topic", "kind", "What people look for when a network does not do what it should: explain backlog"),
		value("finding", "kind", "What doctor finds, named as its rule: explain close_wait_leak"),
		value("fact", "kind", "What is known of a socket, by the name that filters, columns and JSON have: explain rtt"),
		value("value", "kind", "A word that a fact or another member of JSON has: explain seeded"),
	}
	for _, r := range []struct{ name, text string }{
		{"would_end", "with --dry-run: it would get TERM"},
		{"ended", "it ended after TERM; of --kill, the socket was gone when its turn came"},
		{"killed", "it held its sockets when the time of --grace was over, and KILL ended it. Windows has no other way"},
		{"let_go", "it goes on, and holds the sockets no more"},
		{"gone", "it ended, held no such socket any more or was another process with its PID before it could be signalled. Nothing was sent"},
		{"signalled", "it got TERM and KILL, and holds its sockets still, as in a system call that does not end"},
		{"spared", "the answer to the question was no"},
		{"itself", "it is sockeye, which never ends itself"},
		{"not_permitted", "the system did not allow it: of kill, a process of another user; of --kill, without CAP_NET_ADMIN"},
		{"failed", "the system could not do it; the message says why. In trace: a connection that came to nothing"},
		{"took_over", "it was not to be ended, and holds what matches now: a service manager started the program again, or somebody waited for the port"},
	} {
		all = append(all, value(r.name, "result", "What became of a process (kill) or a socket (--kill): "+r.text))
	}
	return all
}

// value explains a word that JSON has as the value of a member.
func value(name, member, text string) *Entry {
	return &Entry{Name: name, Kind: Value, Title: "a value of " + member, Text: []string{text + "."}, Sources: []string{"docs/json-schema.json"}}
}
