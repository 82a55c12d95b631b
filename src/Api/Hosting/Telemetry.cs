using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Recs.Api.Hosting;

/// <summary>
/// Sends metrics and traces by OTLP when OTEL_EXPORTER_OTLP_ENDPOINT is set; the exporter's other OTEL_ variables
/// apply. Without it nothing is collected.
/// </summary>
internal sealed class Telemetry(IConfiguration configuration, IEnumerable<TelemetrySources>? more = null) : IHostedService, IDisposable
{
    /// <summary>Name of the engine's meter and of its activity source.</summary>
    public const string Engine = "Recs.Engine";

    private readonly TelemetrySources[] _more = [.. more ?? []];
    private MeterProvider? _meters;
    private TracerProvider? _traces;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is not { Length: > 0 } endpoint)
            return Task.CompletedTask;
        var resource = ResourceBuilder.CreateDefault().AddService("orleans-recs").AddEnvironmentVariableDetector();
        _meters = Sdk.CreateMeterProviderBuilder()
            .SetResourceBuilder(resource)
            .AddMeter(Engine, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime")
            .AddMeter([.. _more.SelectMany(m => m.Meters)])
            .AddOtlpExporter(options => Configure(options, endpoint, "/v1/metrics"))
            .Build();
        _traces = Sdk.CreateTracerProviderBuilder()
            .SetResourceBuilder(resource)
            .AddSource(Engine, "Microsoft.AspNetCore")
            .AddSource([.. _more.SelectMany(m => m.ActivitySources)])
            .AddOtlpExporter(options => Configure(options, endpoint, "/v1/traces"))
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>From the application's configuration, which the SDK, reading the environment alone, would miss.</summary>
    private void Configure(OtlpExporterOptions options, string endpoint, string path)
    {
        var http = configuration["OTEL_EXPORTER_OTLP_PROTOCOL"] == "http/protobuf";
        options.Protocol = http ? OtlpExportProtocol.HttpProtobuf : OtlpExportProtocol.Grpc;
        options.Endpoint = new Uri(http ? endpoint.TrimEnd('/') + path : endpoint);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose()
    {
        _meters?.Dispose();
        _traces?.Dispose();
    }
}
