using System.Globalization;
using System.Net;

namespace Recs.Cluster.Tests.Processes;

/// <summary>One Recs.Silo process.</summary>
internal sealed class SiloProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3), Look = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(5) };

    private SiloProcess(ChildProcess process, int httpPort, int siloPort, int gatewayPort)
    {
        Process = process;
        HttpPort = httpPort;
        SiloPort = siloPort;
        GatewayPort = gatewayPort;
    }

    public ChildProcess Process { get; }

    public int HttpPort { get; }

    /// <summary>With it the membership table tells one silo from the other: no two have the same one.</summary>
    public int SiloPort { get; }

    public int GatewayPort { get; }

    /// <summary>The silo as it was built beside these tests, with the same configuration.</summary>
    public static string Program
    {
        get
        {
            var output = new DirectoryInfo(AppContext.BaseDirectory);
            var (framework, configuration) = (output.Name, output.Parent!.Name);
            var root = output;
            while (root is not null && !File.Exists(Path.Combine(root.FullName, "Orleans.Recs.sln")))
                root = root.Parent;
            return Path.Combine(root!.FullName, "src", "Silo", "bin", configuration, framework, "Recs.Silo.dll");
        }
    }

    public static SiloProcess Start(string name, string folder, string redis, IEnumerable<string> further)
    {
        var ports = FreePorts.Take(3);
        string[] arguments =
        [
            Program, "--redis", redis, "--data", Path.Combine(folder, "artifacts"),
            "--urls", string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ports[0]}"), "--advertised-ip", "127.0.0.1",
            "--silo-port", ports[1].ToString(CultureInfo.InvariantCulture), "--gateway-port", ports[2].ToString(CultureInfo.InvariantCulture),
            "--dashboard", "off", "--load-shedding", "off", "--drain", "0s", .. further,
        ];
        return new SiloProcess(ChildProcess.Start(name, "dotnet", arguments, Path.Combine(folder, $"{name}.log")), ports[0], ports[1], ports[2]);
    }

    /// <exception cref="InvalidOperationException">It ended, or is not ready in time.</exception>
    public async Task ReadyAsync()
    {
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            if (Process.HasExited || TimeProvider.System.GetElapsedTime(started) > Patience)
                throw new InvalidOperationException($"{Process.Name} did not become ready.\n{Process.LastWords()}");
            try
            {
                using var answer = await _http.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{HttpPort}/health/ready")));
                if (answer.StatusCode == HttpStatusCode.OK)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not listening yet.
            }

            await Task.Delay(Look, TimeProvider.System);
        }
    }

    /// <summary>SIGTERM, and its own way out.</summary>
    public async Task StopAsync()
    {
        Process.AskToStop();
        await Process.ExitAsync(TimeSpan.FromSeconds(90));
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Process.DisposeAsync();
    }
}
