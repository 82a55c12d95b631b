using System.Net.Sockets;
using Recs.Bench.Harness;

namespace Recs.Bench.Load;

/// <summary>
/// Open loop: request n is due at start + n / rate whatever the server does, and its latency counts from then, so that
/// a stalled server cannot hide the requests it kept from being sent (coordinated omission). One thread a connection.
/// </summary>
internal sealed class LoadGenerator(LoadPlan plan)
{
    private readonly Lock _gate = new();
    private readonly List<long> _pages = [], _clicks = [], _lateness = [];
    private long _next = -1;
    private int _errors, _degraded, _full;
    private string _errorSample = "";
    private long _bodyBytes;

    public LoadResult Run()
    {
        var interval = Stopwatch.Frequency / (double)plan.Rate;
        var warm = (long)plan.WarmUpSeconds * plan.Rate;
        var total = warm + (long)plan.Seconds * plan.Rate;
        var start = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 5;
        var threads = new Thread[plan.Connections];
        for (var t = 0; t < threads.Length; t++)
        {
            threads[t] = new Thread(() => Work(start, interval, warm, total), 256 << 10);
            threads[t].Start();
        }

        PreciseWait.Until(start + (long)(warm * interval));
        var cpuBefore = ProcessUsage.Own().Cpu;
        foreach (var thread in threads)
            thread.Join();
        var end = Stopwatch.GetTimestamp();
        return new LoadResult
        {
            Pages = [.. _pages],
            Clicks = [.. _clicks],
            Lateness = [.. _lateness],
            Errors = _errors,
            ErrorSample = _errorSample,
            Degraded = _degraded,
            Full = _full,
            BodyBytes = _bodyBytes,
            Seconds = Stopwatch.GetElapsedTime(start + (long)(warm * interval), end).TotalSeconds,
            CpuSeconds = (ProcessUsage.Own().Cpu - cpuBefore).TotalSeconds,
        };
    }

    private void Work(long start, double interval, long warm, long total)
    {
        var connection = new RawHttpConnection(plan.Port);
        var (pages, clicks, lateness) = (new List<long>(), new List<long>(), new List<long>());
        try
        {
            while (Interlocked.Increment(ref _next) is var n && n < total)
            {
                var due = start + (long)(n * interval);
                var draw = Mix((ulong)n + ((ulong)plan.Seed << 40));
                var isClick = draw % 1000 < (ulong)plan.ClicksPerThousand;
                var user = plan.Users[(int)((draw >> 10) % (ulong)plan.Users.Count)];
                var request = Encoding.ASCII.GetBytes(isClick ? Click(user, draw) : Page(user));
                PreciseWait.Until(due);
                var late = Stopwatch.GetTimestamp() - due;
                try
                {
                    var status = connection.Exchange(request, out var body);
                    var latency = Stopwatch.GetTimestamp() - due;
                    if (n < warm)
                        continue;
                    (isClick ? clicks : pages).Add(latency);
                    lateness.Add(late);
                    Inspect(status, isClick, body);
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    Fail(e.Message);
                    connection.Dispose();
                    connection = new RawHttpConnection(plan.Port);
                }
            }
        }
        finally
        {
            connection.Dispose();
            lock (_gate)
            {
                _pages.AddRange(pages);
                _clicks.AddRange(clicks);
                _lateness.AddRange(lateness);
            }
        }
    }

    private void Inspect(int status, bool isClick, ReadOnlySpan<byte> body)
    {
        if (status != 200)
        {
            Fail($"{status} {Encoding.UTF8.GetString(body[..Math.Min(300, body.Length)])}");
            return;
        }

        if (isClick)
            return;
        Interlocked.Add(ref _bodyBytes, body.Length);
        if (body.IndexOf("\"degraded\":[]"u8) < 0)
            Interlocked.Increment(ref _degraded);
        if (body.Count("\"sources\":"u8) == plan.PageSize)
            Interlocked.Increment(ref _full);
    }

    private void Fail(string what)
    {
        lock (_gate)
        {
            _errors++;
            if (_errorSample.Length == 0)
                _errorSample = what;
        }
    }

    private string Page(string user) =>
        $"GET /v1/users/{user}/recommendations?count={plan.PageSize} HTTP/1.1\r\nHost: localhost\r\n\r\n";

    private string Click(string user, ulong draw)
    {
        var item = plan.Items[(int)((draw >> 32) % (ulong)plan.Items.Count)];
        var body = $"[{{\"userId\":\"{user}\",\"itemId\":\"{item}\",\"type\":\"click\"}}]";
        return $"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
    }

    // SplitMix64: the draw depends on the request's number alone, not on which thread sends it.
    private static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EB;
        return x ^ (x >> 31);
    }
}
