using System.Runtime.InteropServices;

namespace Recs.Bench.Load;

/// <summary>Waits for a stopwatch time to within the kernel's timer slack (about 60 microseconds) without spinning.</summary>
internal static partial class PreciseWait
{
    private const int ClockMonotonic = 1, AbsoluteTime = 1;

    /// <summary>On Linux a stopwatch tick is a nanosecond of CLOCK_MONOTONIC; elsewhere the wait is to the millisecond.</summary>
    public static void Until(long timestamp)
    {
        if (OperatingSystem.IsLinux() && Stopwatch.Frequency == 1_000_000_000)
        {
            var until = new TimeSpec { Seconds = (nint)(timestamp / 1_000_000_000), Nanoseconds = (nint)(timestamp % 1_000_000_000) };
            while (Stopwatch.GetTimestamp() < timestamp)
                ClockNanosleep(ClockMonotonic, AbsoluteTime, in until, 0);
            return;
        }

        using var never = new ManualResetEventSlim();
        while (Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), timestamp) is { TotalMilliseconds: > 0 } left)
            never.Wait(left);
    }

    [LibraryImport("libc", EntryPoint = "clock_nanosleep")]
    private static partial int ClockNanosleep(int clock, int flags, in TimeSpec until, nint remaining);

    [StructLayout(LayoutKind.Sequential)]
    private struct TimeSpec
    {
        public nint Seconds, Nanoseconds;
    }
}
