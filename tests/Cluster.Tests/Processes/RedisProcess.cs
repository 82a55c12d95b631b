using System.ComponentModel;
using System.Globalization;
using StackExchange.Redis;

namespace Recs.Cluster.Tests.Processes;

/// <summary>A redis-server of our own on a free loopback port, with every write in its append-only file before it is acknowledged.</summary>
internal sealed class RedisProcess(string folder, int port) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Look = TimeSpan.FromMilliseconds(50);

    private ChildProcess? _server;
    private ConnectionMultiplexer? _connection;

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    public string LastWords() => _server?.LastWords(10) ?? "redis-server has not started.";

    /// <summary>False when there is no redis-server on this machine.</summary>
    public static bool IsInstalled()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        return folders.Any(folder => File.Exists(Path.Combine(folder, "redis-server")));
    }

    public async Task StartAsync()
    {
        Directory.CreateDirectory(folder);
        _server = ChildProcess.Start(
            "redis-server", "redis-server",
            ["--bind", "127.0.0.1", "--port", port.ToString(CultureInfo.InvariantCulture), "--dir", folder, "--appendonly", "yes", "--appendfsync", "always", "--save", ""],
            Path.Combine(folder, "redis.log"));
        _connection ??= await ConnectionMultiplexer.ConnectAsync($"{Address},abortConnect=false,allowAdmin=true");
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            try
            {
                await _connection.GetDatabase().PingAsync();
                return;
            }
            catch (Exception e) when (e is RedisException or TimeoutException)
            {
                if (_server.HasExited || TimeProvider.System.GetElapsedTime(started) > Patience)
                    throw new InvalidOperationException($"redis-server did not start.\n{LastWords()}", e);
                await Task.Delay(Look, TimeProvider.System);
            }
        }
    }

    /// <summary>SIGTERM, then again on the same append-only file.</summary>
    public async Task RestartAsync()
    {
        _server!.AskToStop();
        await _server.ExitAsync(Patience);
        await _server.DisposeAsync();
        await StartAsync();
    }

    /// <summary>Every entry of the hashes whose key begins like this.</summary>
    public async Task<IReadOnlyList<HashEntry>> HashAsync(string key) => await _connection!.GetDatabase().HashGetAllAsync(key);

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
            await _connection.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
