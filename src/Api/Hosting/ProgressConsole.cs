using System.Globalization;

namespace Recs.Api.Hosting;

/// <summary>
/// Shows start-up on a console: one line that changes on a terminal, a line per stage and quarter elsewhere.
/// Thread-safe.
/// </summary>
internal sealed class ProgressConsole(TextWriter output, bool terminal, TimeProvider time)
{
    private readonly Lock _lock = new();
    private string _stage = "";
    private int _quarter = -1;
    private int _width;
    private long _shownAt;

    public void Show(StartupStage stage)
    {
        lock (_lock)
        {
            if (stage.Done)
                return;
            var percent = (int)(stage.Share * 100);
            var text = string.Create(CultureInfo.InvariantCulture,
                $"  {stage.Stage}: {percent} %{(stage.Detail.Length > 0 ? " · " + stage.Detail : "")}");
            if (terminal)
            {
                if (stage.Stage == _stage && percent < 100 && time.GetElapsedTime(_shownAt) < TimeSpan.FromMilliseconds(100))
                    return;
                if (stage.Stage != _stage && _width > 0)
                    output.WriteLine();
                output.Write("\r" + text.PadRight(_width));
                _width = text.Length;
                _shownAt = time.GetTimestamp();
            }
            else if (stage.Stage != _stage || percent / 25 > _quarter)
            {
                output.WriteLine(text);
                _quarter = percent / 25;
            }
            if (stage.Stage != _stage)
                (_stage, _quarter) = (stage.Stage, percent / 25);
        }
    }

    /// <summary>Ends the changing line, and writes these.</summary>
    public void Write(params IEnumerable<string> lines)
    {
        lock (_lock)
        {
            if (terminal && _width > 0)
                output.WriteLine();
            _width = 0;
            _stage = "";
            foreach (var line in lines)
                output.WriteLine(line);
            output.Flush();
        }
    }
}
