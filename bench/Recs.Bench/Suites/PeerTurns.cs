using Recs.Bench.Worlds;
using Recs.Engine.Retrieval.Vectors;

namespace Recs.Bench.Suites;

/// <summary>
/// A peer that builds its indexes once and then measures every setting whenever it is told to: PROGRAM FOLDER l2|ip, a line
/// on its input for each turn, JSON lines and an empty line for an answer. What disturbs a machine shared with others then
/// falls on us and on the peer alike.
/// </summary>
internal sealed class PeerTurns : IDisposable
{
    private readonly Process _process;
    private readonly string _set;

    public PeerTurns(string program, VectorSet set, string folder)
    {
        _set = set.Name;
        _process = Process.Start(new ProcessStartInfo(program, [folder, set.Metric == SpaceMetric.Euclidean ? "l2" : "ip"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
    }

    public List<RetrievalPoint> Take()
    {
        _process.StandardInput.WriteLine("turn");
        _process.StandardInput.Flush();
        var lines = new List<string>();
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line.Length == 0)
                return RetrievalPeers.Parse(lines, _set);
            lines.Add(line);
        }

        throw new InvalidOperationException($"'{_process.StartInfo.FileName}' ended with code {(_process.HasExited ? _process.ExitCode : 0)} before it answered.");
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
