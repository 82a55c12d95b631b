using System.Net.Http.Json;
using System.Text.Json;
using Xunit.Abstractions;

namespace Recs.Server.Tests.Crash;

/// <summary>kill -9 while items are written with their vectors, on one folder.</summary>
public sealed class VectorKillTests(ITestOutputHelper output) : IDisposable
{
    private const int Items = 12, Kills = 3;

    private readonly string _data = Directory.CreateTempSubdirectory("recs-kill-vectors-").FullName;

    // What was sent of each item last, and what of it was acknowledged: its price and the first value of its vector.
    private readonly int[] _sent = new int[Items], _acknowledged = new int[Items];

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task An_acknowledged_vector_is_there_with_the_item_that_it_was_written_with()
    {
        const int Seed = 21;
        var random = new Random(Seed);
        for (var kill = 0; kill < Kills; kill++)
        {
            await using var server = await ServerProcess.StartAsync(_data, kill == 0 ? ["--space", "text:16:l2"] : []);
            await CheckAsync(server.Client);
            var producing = ProduceAsync(server.Client, random.Next());
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(200, 700)), TimeProvider.System);
            server.Kill();
            await producing;
            output.WriteLine($"seed {Seed}, kill {kill}: {_acknowledged.Max()} writes acknowledged");
        }

        Assert.True(_acknowledged.Max() > 10, "hardly any write was acknowledged: the test did not test anything");
        await using var last = await ServerProcess.StartAsync(_data);
        await CheckAsync(last.Client);
    }

    // Ends when the server does.
    private async Task ProduceAsync(HttpClient client, int seed)
    {
        var random = new Random(seed);
        try
        {
            for (var version = _sent.Max() + 1; ; version++)
            {
                int[] batch = [.. Enumerable.Range(0, Items).Where(_ => random.Next(3) == 0)];
                if (batch.Length == 0)
                    continue;
                foreach (var item in batch)
                    _sent[item] = version;
                using var response = await client.PostAsJsonAsync(
                    "/v1/items", batch.Select(item => new { id = $"i{item}", price = version, vectors = new { text = Vector(version, item) } }));
                response.EnsureSuccessStatusCode();
                foreach (var item in batch)
                    _acknowledged[item] = version;
            }
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // Killed, perhaps while a response was on its way.
        }
    }

    private async Task CheckAsync(HttpClient client)
    {
        var there = new List<(string Id, int Item, int Version)>();
        for (var item = 0; item < Items; item++)
        {
            using var response = await client.GetAsync($"/v1/items/i{item}");
            if (!response.IsSuccessStatusCode)
            {
                Assert.Equal(0, _acknowledged[item]);
                continue;
            }

            var found = await response.Content.ReadFromJsonAsync<JsonElement>();
            var version = found.GetProperty("price").GetInt32();
            Assert.InRange(version, _acknowledged[item], _sent[item]);
            Assert.Equal(Vector(version, item), found.GetProperty("vectors").GetProperty("text").EnumerateArray().Select(v => v.GetInt32()));
            there.Add(($"i{item}", item, version));
        }

        foreach (var seed in there)
        {
            var near = there.Where(t => t != seed).OrderBy(t => Distance(t, seed)).ThenBy(t => t.Item).Select(t => Distance(t, seed));
            var page = await client.GetFromJsonAsync<JsonElement>($"/v1/items/{seed.Id}/similar?space=text&deadlineMs=10000");
            Assert.Equal(near, page.GetProperty("items").EnumerateArray().Select(i => Distance(there.Single(t => t.Id == i.GetProperty("id").GetString()), seed)));
        }
    }

    private static int[] Vector(int version, int item) => [version, item, .. Enumerable.Repeat(0, 14)];

    private static double Distance((string Id, int Item, int Version) a, (string Id, int Item, int Version) b) =>
        Math.Pow(a.Version - b.Version, 2) + Math.Pow(a.Item - b.Item, 2);
}
