using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Recs.Api.Hosting;

namespace Recs.Api.Tests;

public sealed class TelemetryTests
{
    [Fact]
    public async Task What_the_engine_measures_and_traces_arrives_at_the_collector()
    {
        var received = new ConcurrentDictionary<string, string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var collector = builder.Build();
        collector.Map("/{**path}", async (HttpContext http) =>
        {
            using var reader = new StreamReader(http.Request.Body, System.Text.Encoding.Latin1);
            received[http.Request.Path] = await reader.ReadToEndAsync();
        });
        await collector.StartAsync();

        using (var telemetry = new Telemetry(Configuration(collector.Urls.First())))
        {
            await telemetry.StartAsync(CancellationToken.None);
            using var meter = new Meter(Telemetry.Engine);
            meter.CreateCounter<long>("recs.test.pages").Add(3);
            using var source = new ActivitySource(Telemetry.Engine);
            source.StartActivity("test-page")!.Dispose();
        }

        Assert.Contains("recs.test.pages", received["/v1/metrics"], StringComparison.Ordinal);
        Assert.Contains("test-page", received["/v1/traces"], StringComparison.Ordinal);
        Assert.Contains("orleans-recs", received["/v1/traces"], StringComparison.Ordinal);
    }

    private static IConfiguration Configuration(string endpoint) => new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    }).Build();
}
