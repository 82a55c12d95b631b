using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Recs.Engine.Embedded;

namespace Recs.Server.Tests.Host;

/// <summary>The server as a process: what it says and with which code it ends when it cannot do what it is told.</summary>
public sealed class ExitTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("recs-exit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_folder_in_use_is_one_line_that_names_the_holder()
    {
        using var holder = DataFolder.Lock(_folder, TimeProvider.System);
        var (code, errors) = await RunAsync("--data", _folder, "--urls", "http://127.0.0.1:0", "--no-demo");
        Assert.Equal(1, code);
        Assert.Contains($"process {Environment.ProcessId}", Assert.Single(errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_in_use_is_one_line_that_says_how_to_choose_another()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var url = $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}";
        var (code, errors) = await RunAsync("--data", _folder, "--urls", url, "--no-demo");
        Assert.Equal(1, code);
        var line = Assert.Single(errors);
        Assert.Contains(url, line, StringComparison.Ordinal);
        Assert.Contains("--urls", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_made_is_one_line_that_names_it()
    {
        var file = Path.Combine(_folder, "a-file");
        await File.WriteAllTextAsync(file, "");
        var (code, errors) = await RunAsync("--data", Path.Combine(file, "data"), "--urls", "http://127.0.0.1:0", "--no-demo");
        Assert.Equal(1, code);
        Assert.Contains(file, Assert.Single(errors), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--allow-anonymous", "--urls", "http://0.0.0.0:0")]
    [InlineData("--api-key-admin", "--urls", "http://*:0")]
    public async Task Beyond_loopback_without_keys_it_does_not_start_and_says_how_to_set_them(string mentioned, params string[] args)
    {
        var (code, errors) = await RunAsync(["--data", _folder, "--no-demo", .. args]);
        Assert.Equal(2, code);
        Assert.Contains(mentioned, Assert.Single(errors), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder));
    }

    [Theory]
    [InlineData("--oops")]
    [InlineData("--api-key-read", "short")]
    [InlineData("--allow-anonymous", "--api-key-read", "long-enough-0123456789")]
    public async Task A_bad_command_line_is_one_line(params string[] args)
    {
        var (code, errors) = await RunAsync(["--data", _folder, "--no-demo", "--urls", "http://127.0.0.1:0", .. args]);
        Assert.InRange(code, 1, 2);
        Assert.DoesNotContain("   at ", Assert.Single(errors), StringComparison.Ordinal);
    }

    private static async Task<(int Code, string[] Errors)> RunAsync(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(typeof(ServerArguments).Assembly.Location);
        foreach (var arg in args)
            start.ArgumentList.Add(arg);
        using var process = Process.Start(start) ?? throw new InvalidOperationException("The server did not start.");
        // A server that starts after all must not keep the test waiting for ever.
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = await process.StandardError.ReadToEndAsync(limit.Token);
            await output;
            await process.WaitForExitAsync(limit.Token);
            return (process.ExitCode, errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        }
        finally
        {
            if (!process.HasExited)
                process.Kill();
        }
    }
}
