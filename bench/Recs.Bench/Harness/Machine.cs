using System.Reflection;
using System.Runtime.InteropServices;

namespace Recs.Bench.Harness;

/// <summary>What a figure was measured on. Linux gives all of it; elsewhere some say "unknown".</summary>
internal static class Machine
{
    private static readonly Lazy<string> LazyCommit = new(ReadCommit);

    public static void Print(string suite, int seed)
    {
        Console.WriteLine($"suite {suite}, seed {seed}, commit {Commit()}");
        Console.WriteLine($"{Cpu()}, {Environment.ProcessorCount} cores, {GC.GetGCMemoryInfo().TotalAvailableMemoryBytes >> 30} GiB; " +
            $"{RuntimeInformation.FrameworkDescription}, {RuntimeInformation.OSDescription}; load average {LoadAverage()}");
    }

    public static string Cpu() => File.Exists("/proc/cpuinfo")
        ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown CPU"
        : "unknown CPU";

    public static string LoadAverage() => File.Exists("/proc/loadavg")
        ? string.Join(' ', File.ReadAllText("/proc/loadavg").Split(' ').Take(3))
        : "unknown";

    public static string Commit() => LazyCommit.Value;

    private static string ReadCommit()
    {
        try
        {
            var hash = Git("rev-parse --short HEAD");
            return hash.Length == 0 ? AsBuilt() : Git("status --porcelain -uno").Length == 0 ? hash : hash + "+changes";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return AsBuilt();
        }
    }

    // The compiler writes the commit behind the version: "0.1.0+hash".
    private static string AsBuilt() =>
        typeof(Machine).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+') is [_, { Length: >= 8 } hash]
            ? hash[..8]
            : "unknown";

    private static string Git(string arguments)
    {
        using var git = Process.Start(new ProcessStartInfo("git", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
        })!;
        var output = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        return git.ExitCode == 0 ? output : "";
    }
}
