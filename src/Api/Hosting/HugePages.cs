using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Recs.Api.Hosting;

/// <summary>
/// Has Linux hold the process's memory in pages of 2 MiB, every half minute what has been filled since: catalogue, model and
/// counters are read at random, and with pages of 4 KiB each such read walks the page table first. Only what is filled by half
/// at least, so that a process never takes twice its memory. Where the system has no such pages, says "never" of them, or has none
/// left, nothing changes.
/// </summary>
internal sealed partial class HugePages(TimeProvider time, ILogger<HugePages> logger) : BackgroundService
{
    internal const long PageBytes = 2 << 20;

    private const int SmallPages = 512, Collapse = 25;

    private const string Setting = "/sys/kernel/mm/transparent_hugepage/enabled";

    // The first models are loaded by then.
    private static readonly TimeSpan First = TimeSpan.FromSeconds(10), Every = TimeSpan.FromSeconds(30);

    /// <summary>Whether the machine's owner lets processes have such pages.</summary>
    internal static bool AreAllowed => OperatingSystem.IsLinux() && File.Exists(Setting) && !File.ReadAllText(Setting).Contains("[never]", StringComparison.Ordinal);

    /// <summary>Asks once, for all that there is now; returns how many bytes lie in such pages.</summary>
    internal static long Take(CancellationToken cancellationToken = default)
    {
        if (!AreAllowed)
            return 0;
        var (taken, present) = (0L, new byte[SmallPages]);
        foreach (var (start, end) in Regions(File.ReadLines("/proc/self/maps")))
        {
            for (var address = start; address < end; address += PageBytes)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (MemoryPresent((nint)address, (nuint)PageBytes, present) != 0 || present.AsSpan().Count((byte)1) < SmallPages / 2)
                    continue;
                // The collector may have given it back meanwhile: then the answer is no.
                if (MemoryAdvise((nint)address, (nuint)PageBytes, Collapse) == 0)
                    taken += PageBytes;
            }
        }

        return taken;
    }

    /// <summary>Of the lines of a process's memory map: the whole pages of 2 MiB of its own writable memory.</summary>
    internal static IEnumerable<(long Start, long End)> Regions(IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            // "7f00-7f80 rw-p 00000000 00:00 0    [name]"
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields is not [var range, "rw-p", _, _, "0", .. var name] || name is [var first, ..] && !first.StartsWith("[anon", StringComparison.Ordinal))
                continue;
            var dash = range.IndexOf('-', StringComparison.Ordinal);
            var start = long.Parse(range.AsSpan(0, dash), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            var end = long.Parse(range.AsSpan(dash + 1), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
            (start, end) = ((start + PageBytes - 1) & -PageBytes, end & -PageBytes);
            if (start < end)
                yield return (start, end);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var wait = First;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(wait, time, stoppingToken);
                var taken = await Task.Factory.StartNew(
                    () => Take(stoppingToken), stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                // None at first, none later: an old system, which does not know the question.
                if (taken == 0)
                    return;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception e)
            {
                // Whatever it is, the memory serves as it lies.
                LogNone(logger, e);
                return;
            }

            wait = Every;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Memory stays in small pages")]
    private static partial void LogNone(ILogger log, Exception why);

    [DllImport("libc", EntryPoint = "madvise", ExactSpelling = true)]
    private static extern int MemoryAdvise(nint address, nuint length, int advice);

    [DllImport("libc", EntryPoint = "mincore", ExactSpelling = true)]
    private static extern int MemoryPresent(nint address, nuint length, byte[] present);
}
