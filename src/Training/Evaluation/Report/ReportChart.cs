using System.Globalization;
using System.Net;
using System.Text;

namespace Recs.Training.Evaluation.Report;

/// <summary>A line chart as SVG text.</summary>
internal static class ReportChart
{
    private const double Width = 420, Height = 240, Left = 42, Right = 76, Top = 14, Bottom = 28;

    /// <param name="title">Under the chart.</param>
    /// <param name="own">Values from x = 1 on.</param>
    /// <param name="baseline">The same of popularity.</param>
    public static string Curve(string title, double[] own, double[] baseline)
    {
        var most = NiceMost(Math.Max(own.Max(), baseline.Max()));
        double X(int i) => Left + (Width - Left - Right) * (own.Length == 1 ? 0 : i / (double)(own.Length - 1));
        double Y(double value) => Height - Bottom - (Height - Top - Bottom) * value / most;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<figure><svg viewBox=\"0 0 {Width} {Height}\" role=\"img\" aria-label=\"{WebUtility.HtmlEncode(title)}\" font-size=\"11\" fill=\"var(--soft)\">");
        for (var tick = 0; tick <= 4; tick++)
        {
            var y = Y(most * tick / 4);
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{Left}\" x2=\"{Width - Right}\" y1=\"{y:0.0}\" y2=\"{y:0.0}\" stroke=\"var(--line)\"/><text x=\"{Left - 6}\" y=\"{y + 4:0.0}\" text-anchor=\"end\">{most * tick / 4:0.##}</text>");
        }

        foreach (var k in new[] { 1, (own.Length + 1) / 2, own.Length }.Distinct())
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(k - 1):0.0}\" y=\"{Height - 10}\" text-anchor=\"middle\">{k}</text>");
        Line(svg, "popularity", baseline, "var(--soft)", 1.5);
        Line(svg, "this model", own, "var(--own)", 2.5);
        return svg.Append(CultureInfo.InvariantCulture, $"</svg><figcaption>{WebUtility.HtmlEncode(title)}</figcaption></figure>").ToString();

        void Line(StringBuilder into, string name, double[] values, string colour, double width)
        {
            into.Append(CultureInfo.InvariantCulture, $"<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" points=\"");
            for (var i = 0; i < values.Length; i++)
                into.Append(CultureInfo.InvariantCulture, $"{X(i):0.0},{Y(values[i]):0.0} ");
            into.Append(CultureInfo.InvariantCulture, $"\"/><text x=\"{Width - Right + 5}\" y=\"{Y(values[^1]) + 4:0.0}\" fill=\"{colour}\">{name}</text>");
        }
    }

    private static double NiceMost(double value)
    {
        foreach (var nice in new[] { 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1 })
        {
            if (value <= nice)
                return nice;
        }

        return 1;
    }
}
