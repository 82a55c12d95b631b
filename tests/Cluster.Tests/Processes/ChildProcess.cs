using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Recs.Cluster.Tests.Processes;

/// <summary>A process that this one started, and ends: at the latest when this one exits. What it says is kept in a file.</summary>
internal sealed partial class ChildProcess : IAsyncDisposable
{
    private const int Kill = 9, Terminate = 15, Continue = 18, Stop = 19;

    private static readonly HashSet<ChildProcess> Running = [];
    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly Lock _gate = new();
    private bool _closed;

    static ChildProcess() => AppDomain.CurrentDomain.ProcessExit += (_, _) =>
    {
        lock (Running)
        {
            foreach (var child in Running)
                child.Signal(Kill);
        }
    };

    private ChildProcess(string name, ProcessStartInfo start, string logFile)
    {
        Name = name;
        LogFile = logFile;
        _log = new StreamWriter(new FileStream(logFile, FileMode.Append, FileAccess.Write, FileShare.ReadWrite)) { AutoFlush = true };
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Say(line.Data);
        _process.ErrorDataReceived += (_, line) => Say(line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        lock (Running)
            Running.Add(this);
    }

    public string Name { get; }

    public string LogFile { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <exception cref="Win32Exception">There is no such program.</exception>
    public static ChildProcess Start(string name, string program, IEnumerable<string> arguments, string logFile) =>
        new(name, new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false }, logFile);

    /// <summary>SIGKILL: it gets no chance to do anything.</summary>
    public void KillNow() => Signal(Kill);

    /// <summary>SIGTERM: it is asked to stop.</summary>
    public void AskToStop() => Signal(Terminate);

    /// <summary>SIGSTOP: to the others it is unreachable, with its connections open.</summary>
    public void Freeze() => Signal(Stop);

    /// <summary>SIGCONT: it goes on as if no time had passed.</summary>
    public void Thaw() => Signal(Continue);

    /// <exception cref="TimeoutException">It has not ended by then.</exception>
    public async Task ExitAsync(TimeSpan patience)
    {
        using var until = new CancellationTokenSource(patience, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(until.Token);
        }
        catch (OperationCanceledException e)
        {
            throw new TimeoutException($"{Name} (process {Id}) has not ended within {patience.TotalSeconds:0} s.\n{LastWords()}", e);
        }
    }

    /// <summary>The last lines that it said.</summary>
    public string LastWords(int lines = 25)
    {
        using var stream = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return $"--- {Name}\n{string.Join('\n', reader.ReadToEnd().Split('\n').TakeLast(lines))}";
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            Signal(Kill);
            await _process.WaitForExitAsync();
        }

        lock (Running)
            Running.Remove(this);
        _process.Dispose();
        lock (_gate)
        {
            _closed = true;
            _log.Dispose();
        }
    }

    private void Say(string? line)
    {
        lock (_gate)
        {
            if (line is not null && !_closed)
                _log.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line}"));
        }
    }

    private void Signal(int signal)
    {
        if (!_process.HasExited)
            _ = SendSignal(_process.Id, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
