package cli

// filterHelp is the filter language on one page; docs/filter.md has all of it.
func filterHelp() string {
	return `A filter chooses sockets. It stands among the options of every command that
takes one, as words or as one quoted argument; quote < > & | ! ( ) ~ and *, to
which a shell gives a meaning:

  sockeye state established and dst 10.0.0.0/8
  sockeye 'dport = 443 and (process = curl or rtt > 50ms)'
  sockeye not sport in 22,80,8000-8100
  sockeye -l 'process ~ /^python/ and not user = root'
  sockeye 'src unix:/run/*'
  sockeye 'path ~ /dbus/'

Conditions:
  state listening       a state by any of its names; exclude time-wait is the
                        contrary; connected, synchronized, bucket and big are
                        states together
  src dst addr HOST     own address, the peer's, either: 10.0.0.0/8, [::1]:22,
                        :ssh, unix:/run/*, the name of a host
  sport dport port N    own port, the peer's, either: 443, https, 8000-8100
  dev fwmark cgroup     device, mark, control group
  FACT VALUE            every member of the JSON: pid 812, user = alice,
                        recv_queue > 64Ki, rtt > 50ms, age < 10m

Operators:
  = != < <= > >=        in words eq ne lt le gt ge, which a shell leaves alone;
                        none is =
  in, not in            one of a list: in (22, 80, 8000-8100)
  ~ !~                  a regular expression, or not: ~ /^web[0-9]/i
  not, and, or          in this order: A or B and C is A or (B and C); side by
                        side is and; ! & | mean the same

A comparison with what is not known of a socket is false. -F reads a filter
from a file. "sockeye help fields" lists the facts.
`
}
