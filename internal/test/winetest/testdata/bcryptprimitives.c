/*
 * A stand-in for the library that Go programs of Windows 10 and later take
 * their random numbers from, for versions of Wine that do not have it.
 * ProcessPrng is documented to fill the buffer and to return TRUE always.
 * RtlGenRandom (advapi32's SystemFunction036) gives the bytes.
 */
#include <windows.h>

BOOLEAN NTAPI SystemFunction036(PVOID buffer, ULONG length);

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE data, SIZE_T length)
{
	while (length > 0) {
		ULONG part = length > 0x10000 ? 0x10000 : (ULONG)length;
		if (!SystemFunction036(data, part))
			return FALSE;
		data += part;
		length -= part;
	}
	return TRUE;
}
