using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using Recs.Bench.Harness;

namespace Recs.Bench.Load;

/// <summary>
/// A Redis server and some silos, each in a process of its own on loopback. Redis keeps an append-only file, flushed
/// before every answer, so that an acknowledged event is as durable as in one process.
/// </summary>
internal sealed class ClusterHost : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly List<Process> _silos = [];
    private readonly Process _redis;
    private readonly StringBuilder _output = new();

    private ClusterHost(Process redis, int redisPort)
    {
        _redis = redis;
        Redis = $"127.0.0.1:{redisPort}";
    }

    /// <summary>Where Redis listens: HOST:PORT.</summary>
    public string Redis { get; }

    /// <summary>HTTP ports, one a silo.</summary>
    public List<int> Ports { get; } = [];

    public Uri Address => new($"http://127.0.0.1:{Ports[0]}/");

    /// <summary>CPU time of all silos and of Redis.</summary>
    public (TimeSpan Silos, TimeSpan Redis) Cpu =>
        (TimeSpan.FromTicks(_silos.Sum(s => ProcessUsage.Of(s.Id).Cpu.Ticks)), ProcessUsage.Of(_redis.Id).Cpu);

    /// <summary>Null, with the reason on the terminal, where Redis or the silo cannot be had.</summary>
    public static async Task<ClusterHost?> StartAsync(string siloDll, string folder, int silos)
    {
        Directory.CreateDirectory(folder);
        var redisPort = FreePort();
        Process redis;
        try
        {
            redis = Start("redis-server", ["--port", Text(redisPort), "--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "yes", "--appendfsync", "always"], null);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Console.WriteLine("  no redis-server on this machine: the cluster is not measured");
            return null;
        }

        var host = new ClusterHost(redis, redisPort);
        try
        {
            for (var n = 0; n < silos; n++)
            {
                var port = FreePort();
                host.Ports.Add(port);
                host._silos.Add(Start(
                    "dotnet",
                    [siloDll, "--redis", $"127.0.0.1:{redisPort}", "--data", Path.Combine(folder, "artifacts"), "--urls", $"http://127.0.0.1:{port}",
                     "--silo-port", Text(FreePort()), "--gateway-port", Text(FreePort()), "--load-shedding", "off", "--dashboard", "off", "--rate-limit", "0"],
                    host._output));
                await host.ReadyAsync(port);
            }

            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sums of the silos' own counts.</summary>
    public async Task<ClusterCounts> CountsAsync()
    {
        using var client = new HttpClient();
        var sum = new ClusterCounts(0, 0, 0, 0);
        foreach (var port in Ports)
        {
            var one = (await client.GetFromJsonAsync<ClusterCounts>($"http://127.0.0.1:{port}/silo"))!;
            sum = new ClusterCounts(
                sum.RemoteMessages + one.RemoteMessages, sum.LocalMessages + one.LocalMessages,
                sum.ActivationsCreated + one.ActivationsCreated, sum.Activations + one.Activations);
        }

        return sum;
    }

    /// <summary>Has every silo collect its garbage.</summary>
    public async Task CollectAsync()
    {
        using var client = new HttpClient();
        foreach (var port in Ports)
        {
            using var answer = await client.PostAsync($"http://127.0.0.1:{port}/silo/collect", null);
            answer.EnsureSuccessStatusCode();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in Enumerable.Reverse(_silos).Append(_redis))
        {
            if (!process.HasExited)
            {
                using var term = Process.Start("kill", ["-TERM", Text(process.Id)]);
                using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
                await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (!process.HasExited)
                    process.Kill();
            }

            process.Dispose();
        }
    }

    private async Task ReadyAsync(int port)
    {
        using var client = new HttpClient { Timeout = TimeSpan.FromSeconds(5) };
        for (var clock = Stopwatch.StartNew(); ;)
        {
            try
            {
                using var answer = await client.GetAsync($"http://127.0.0.1:{port}/health/ready");
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
            {
                // Not yet.
            }

            if (_silos[^1].HasExited || clock.Elapsed > Patience)
            {
                lock (_output)
                    throw new InvalidOperationException($"A silo did not become ready:\n{_output}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);
        }
    }

    private static Process Start(string file, string[] arguments, StringBuilder? output)
    {
        var start = new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var process = Process.Start(start)!;
        DataReceivedEventHandler keep = (_, line) =>
        {
            if (output is null || line.Data is null)
                return;
            lock (output)
            {
                if (output.Length < 64 << 10)
                    output.AppendLine(line.Data);
            }
        };
        process.OutputDataReceived += keep;
        process.ErrorDataReceived += keep;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>As a silo tells them at /silo.</summary>
internal sealed record ClusterCounts(long RemoteMessages, long LocalMessages, long ActivationsCreated, long Activations)
{
    public long Messages => RemoteMessages + LocalMessages;
}
