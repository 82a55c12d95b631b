using Recs.Bench.Harness;

namespace Recs.Bench.Suites;

/// <summary>The server's own percentiles by stage over its last minute: where a page's time goes.</summary>
internal static class StageFigures
{
    public static async Task AddAsync(Report report, Uri server, (string, object)[] about)
    {
        using var client = new HttpClient { BaseAddress = server };
        using var status = JsonDocument.Parse(await client.GetStringAsync("v1/status"));
        foreach (var stage in status.RootElement.GetProperty("stages").EnumerateObject())
        {
            foreach (var name in new[] { "p50Ms", "p99Ms" })
                report.Add($"stage-{stage.Name}-{name[..3]}", stage.Value.GetProperty(name).GetDouble(), "ms", about);
        }
    }
}
