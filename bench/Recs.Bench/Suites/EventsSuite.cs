using Recs.Bench.Harness;
using Recs.Bench.Load;
using Recs.Bench.Worlds;

namespace Recs.Bench.Suites;

/// <summary>
/// Acknowledged durable events a second: an event counts when its receipt is there. Every-commit means an fsync stood
/// between. By direct call (single events, batches of 100) and over HTTP (batches of 100), with as many callers as stated.
/// </summary>
internal static class EventsSuite
{
    private const int Items = 5_000, Users = 50_000;

    public static async Task<int> RunAsync(Arguments arguments, Report report)
    {
        var seed = arguments.Number("seed", 1);
        var seconds = arguments.Number("seconds", 10, 1, 600);
        var singles = arguments.Number("callers", 64, 1, 4_096);
        var batchCallers = arguments.Number("batch-callers", 16, 1, 1_024);
        using var work = new WorkFolder(arguments.Text("work", ""));
        arguments.RefuseOthers();

        var probe = FsyncProbe.Sorted(work.Root);
        foreach (var (label, share) in new[] { ("p50", 0.5), ("p99", 0.99) })
            report.Add($"fsync-{label}", Percentile.Milliseconds(probe, share), "ms", ("bytes", 4096), ("rounds", probe.Length));
        foreach (var flush in new[] { FlushPolicy.EveryCommit, FlushPolicy.EverySecond })
        {
            var folder = work.Of($"events-{flush}-{Environment.ProcessId}");
            await using (var recommender = await PreparedWorld.OpenAsync(new RecommenderOptions
            {
                DataDirectory = folder,
                EventLog = new SegmentedLogOptions { Flush = flush },
            }))
            {
                foreach (var batch in SyntheticEvents.Items(Items).Chunk(Limits.MaxItemsPerBatch))
                    await recommender.UpsertItemsAsync(batch);
                Func<IReadOnlyList<Interaction>, int, Task> send = async (events, _) => await recommender.ObserveAsync(events);
                await MeasureAsync(report, "direct-single", send, singles, 1, seconds, seed, flush);
                await MeasureAsync(report, "direct-batch", send, batchCallers, 100, seconds, seed, flush);
            }

            await using (var server = await ServerProcess.StartAsync(folder, "--no-demo", "--flush", flush == FlushPolicy.EveryCommit ? "every-commit" : "every-second"))
            {
                var connections = Enumerable.Range(0, batchCallers).Select(_ => new RawHttpConnection(server.Port)).ToArray();
                var cpu = server.Usage.Cpu;
                var before = ProcessUsage.Own().Cpu;
                var sent = await MeasureAsync(report, "http-batch", (events, caller) => Task.Run(() => Post(connections[caller], events)), batchCallers, 100, seconds, seed, flush);
                report.Add("http-batch-server-cpu", (server.Usage.Cpu - cpu).TotalMicroseconds / sent, "us/event", ("flush", flush));
                report.Add("http-batch-client-cpu", (ProcessUsage.Own().Cpu - before).TotalMicroseconds / sent, "us/event", ("flush", flush));
                foreach (var connection in connections)
                    connection.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }

        return 0;
    }

    private static async Task<long> MeasureAsync(
        Report report, string name, Func<IReadOnlyList<Interaction>, int, Task> sendAsync, int callers, int batch, int seconds, int seed, FlushPolicy flush)
    {
        var (all, acknowledged) = (0L, 0L);
        var latencies = new List<long>();
        var start = Stopwatch.GetTimestamp();
        var measureFrom = start + 2 * Stopwatch.Frequency;
        var end = measureFrom + seconds * Stopwatch.Frequency;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(caller => Task.Run(async () =>
        {
            var random = new Random(seed + caller);
            var own = new List<long>();
            long clock;
            while ((clock = Stopwatch.GetTimestamp()) < end)
            {
                var now = TimeProvider.System.GetUtcNow();
                var events = new Interaction[batch];
                for (var i = 0; i < batch; i++)
                    events[i] = SyntheticEvents.Draw(random, random.Next(Users), Items, now);
                await sendAsync(events, caller);
                var done = Stopwatch.GetTimestamp();
                Interlocked.Add(ref all, batch);
                if (done < measureFrom || done > end)
                    continue;
                Interlocked.Add(ref acknowledged, batch);
                own.Add(done - clock);
            }

            lock (latencies)
                latencies.AddRange(own);
        })));
        (string, object)[] about = [("flush", flush), ("callers", callers), ("batch", batch), ("seconds", seconds), ("users", Users), ("seed", seed)];
        report.Add(name, acknowledged / (double)seconds, "events/s", about);
        report.AddLatencies(name, [.. latencies], about);
        return all;
    }

    private static void Post(RawHttpConnection connection, IReadOnlyList<Interaction> events)
    {
        var body = new StringBuilder("[");
        foreach (var e in events)
        {
            body.Append(body.Length > 1 ? "," : "").Append(CultureInfo.InvariantCulture,
                $$"""{"userId":"{{e.UserId}}","itemId":"{{e.ItemId}}","type":"{{char.ToLowerInvariant(e.Type.ToString()[0])}}{{e.Type.ToString().AsSpan(1)}}"}""");
        }

        body.Append(']');
        var request = $"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        var status = connection.Exchange(Encoding.ASCII.GetBytes(request), out var answer);
        if (status != 200)
            throw new InvalidOperationException($"{status} {Encoding.UTF8.GetString(answer)}");
    }
}
