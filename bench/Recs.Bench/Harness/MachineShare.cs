namespace Recs.Bench.Harness;

/// <summary>
/// Whose the cores were over a stretch of time: what this process used, what others of the same machine used, and what its host
/// gave to other machines though work was waiting here (<c>steal</c>). Linux; elsewhere nothing is known and both shares are NaN.
/// </summary>
internal readonly struct MachineShare
{
    // The unit of /proc/stat, USER_HZ, is a hundredth of a second wherever Linux runs .NET.
    private const double TickSeconds = 0.01;

    private readonly long _busy, _stolen, _all;
    private readonly double _own;

    private MachineShare(long busy, long stolen, long all, double own) => (_busy, _stolen, _all, _own) = (busy, stolen, all, own);

    public static MachineShare Now()
    {
        var own = Environment.CpuUsage.TotalTime.TotalSeconds;
        return File.Exists("/proc/stat") ? Parse(File.ReadLines("/proc/stat").First(), own) : new MachineShare(0, 0, 0, own);
    }

    /// <param name="line">"cpu user nice system idle iowait irq softirq steal …", in ticks over all cores.</param>
    /// <param name="ownSeconds">CPU time of this process.</param>
    public static MachineShare Parse(string line, double ownSeconds)
    {
        var ticks = line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..9];
        var values = Array.ConvertAll(ticks, t => long.Parse(t, CultureInfo.InvariantCulture));
        var all = values.Sum();
        return new MachineShare(all - values[3] - values[4] - values[7], values[7], all, ownSeconds);
    }

    /// <summary>Shares of all cores' time since then that were stolen, and that other processes used.</summary>
    public (double Stolen, double Others) Since(MachineShare then)
    {
        var all = (double)(_all - then._all);
        if (!(all > 0))
            return (double.NaN, double.NaN);
        var others = (_busy - then._busy) * TickSeconds - (_own - then._own);
        return ((_stolen - then._stolen) / all, Math.Max(0, others / (all * TickSeconds)));
    }
}
