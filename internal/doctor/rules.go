package doctor

import "sockeye/sock"

// Rules are all rules, in the order of their names.
var Rules = []*Rule{
	acceptQueueFull, acceptsNothing, closeWaitLeak, closingStuck, connectFailed, conntrackFull, datagramDrops, deletedProgram,
	ephemeralListener, exposedService, fileHandles, finWait2, halfOpen, idleWithoutKeepalive, memoryPressure, orphans, pathMTU,
	portExhaustion, processFiles, receiveBuffer, receiveWindow, receiverStalled, reordering, retransmissions, rtoBackoff, sendBuffer,
	sendQueueGrows, shadowedListener, softnetDrops, spuriousRetransmissions, synFlood, synSentStuck, timeWait, v6Only, zeroWindow,
}

// everyRule are the facts that show a socket as evidence, or that a rule can do without.
const everyRule = sock.FieldLocal | sock.FieldRemote | sock.FieldRecvQueue | sock.FieldSendQueue | sock.FieldCookie | sock.FieldOwners |
	sock.FieldV6Only | sock.FieldInterface | sock.FieldNetns | sock.FieldNetnsName

// Needs returns the facts of sockets that the rules look at.
func Needs() sock.Field {
	needs := everyRule
	for _, r := range Rules {
		needs |= r.Needs
	}
	return needs
}
