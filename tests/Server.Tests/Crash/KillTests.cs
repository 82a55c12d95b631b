using System.Net.Http.Json;
using System.Text.Json;
using Recs.Engine.Embedded;
using Xunit.Abstractions;

namespace Recs.Server.Tests.Crash;

/// <summary>kill -9 in the middle of about 1,000 events a second, many times over, on one folder.</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const int Items = 50;
    private const int Users = 40;

    private readonly string _data = Directory.CreateTempSubdirectory("recs-kill-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task Every_acknowledged_event_is_there_once_after_many_kills()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("RECS_KILL_SEED") ?? "7", System.Globalization.CultureInfo.InvariantCulture);
        var kills = int.Parse(Environment.GetEnvironmentVariable("RECS_KILLS") ?? "8", System.Globalization.CultureInfo.InvariantCulture);
        output.WriteLine($"seed {seed}, {kills} kills");
        var random = new Random(seed);
        var acknowledged = new AcknowledgedEvents();
        var next = 0;
        for (var kill = 0; kill < kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(_data);
            Assert.Empty(acknowledged.Violations(_data));
            if (kill == 0)
                await WriteItemsAsync(server.Client);
            var producers = Enumerable.Range(0, 4).Select(p => ProduceAsync(server.Client, acknowledged, () => Interlocked.Increment(ref next), random.Next())).ToArray();
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(50, 900)), TimeProvider.System);
            server.Kill();
            await Task.WhenAll(producers);
            if (random.Next(2) == 0)
                TearTail(random);
            output.WriteLine($"kill {kill}: {acknowledged.Count} acknowledged so far");
            Assert.Empty(acknowledged.Violations(_data));
        }

        Assert.True(acknowledged.Count > 100, $"only {acknowledged.Count} events were acknowledged: the test did not test anything");
        await using var last = await ServerProcess.StartAsync(_data);
        await CheckSessionsAsync(last.Client);
    }

    [Fact]
    public async Task The_checker_sees_a_lost_and_a_doubled_event()
    {
        var acknowledged = new AcknowledgedEvents();
        await using (var server = await ServerProcess.StartAsync(_data))
        {
            await WriteItemsAsync(server.Client);
            await acknowledged.PostAsync(server.Client, [("u1", "i1", "e1"), ("u1", "i2", "e2")]);
        }

        Assert.Empty(acknowledged.Violations(_data));
        var folder = DataFolder.Events(_data);
        var payload = SegmentedLog.ReadFolder(folder).First(r => !r.Payload.IsEmpty).Payload;
        await using (var log = SegmentedLog.Open(folder, new SegmentedLogOptions(), out _))
            await log.AppendAsync(payload);
        Assert.Contains(acknowledged.Violations(_data), p => p.Contains("twice", StringComparison.Ordinal));

        Directory.Delete(folder, recursive: true);
        Directory.CreateDirectory(folder);
        Assert.Contains(acknowledged.Violations(_data), p => p.Contains("lost", StringComparison.Ordinal));
    }

    private static async Task WriteItemsAsync(HttpClient client)
    {
        using var response = await client.PostAsJsonAsync("/v1/items", Enumerable.Range(0, Items).Select(i => new { id = $"i{i}", title = $"Item {i}" }));
        response.EnsureSuccessStatusCode();
    }

    // About 250 events a second each; ends when the server does.
    private static async Task ProduceAsync(HttpClient client, AcknowledgedEvents acknowledged, Func<int> nextId, int seed)
    {
        var random = new Random(seed);
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        try
        {
            while (await pace.WaitForNextTickAsync())
            {
                var batch = Enumerable.Range(0, random.Next(1, 10)).Select(_ => ($"u{random.Next(Users)}", $"i{random.Next(Items)}", $"e{nextId()}")).ToArray();
                await acknowledged.PostAsync(client, batch);
            }
        }
        catch (HttpRequestException)
        {
            // Killed.
        }
        catch (IOException)
        {
            // Killed while a response was on its way.
        }
    }

    // What a power cut may leave: part of a record that nobody was told about.
    private void TearTail(Random random)
    {
        var segment = Directory.GetFiles(DataFolder.Events(_data)).Order(StringComparer.Ordinal).Last();
        using var file = new FileStream(segment, FileMode.Append);
        var torn = new byte[random.Next(1, 200)];
        random.NextBytes(torn);
        BitConverter.TryWriteBytes(torn.AsSpan(), torn.Length >= 4 ? 5_000 : 0);
        file.Write(torn);
    }

    private async Task CheckSessionsAsync(HttpClient client)
    {
        var last = new Dictionary<string, long>();
        foreach (var record in SegmentedLog.ReadFolder(DataFolder.Events(_data)))
        {
            if (LogEntryCodec.Decode(record.Payload.Span) is LogEntry.Events batch)
                batch.Accepted.ToList().ForEach(e => last[e.UserId] = e.Sequence);
        }

        foreach (var (user, sequence) in last)
        {
            var profile = await client.GetFromJsonAsync<JsonElement>($"/v1/users/{user}");
            Assert.Equal(sequence, profile.GetProperty("sequence").GetInt64());
        }
    }
}
