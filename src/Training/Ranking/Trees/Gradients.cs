using System.Runtime.Intrinsics;

namespace Recs.Training.Ranking.Trees;

/// <summary>
/// First and second derivatives of the loss by row, and the same as integers for histograms: sums of integers do not
/// depend on their order, so trees are the same on any number of threads. Scaled so that no sum of absolute values
/// passes 2^30.
/// </summary>
internal sealed class Gradients(int rows)
{
    public double[] First { get; } = new double[rows];

    public double[] Second { get; } = new double[rows];

    /// <summary>By row: first derivative, second derivative, 1 and 0.</summary>
    public Vector128<int>[] Packed { get; } = new Vector128<int>[rows];

    /// <summary>What an integer unit of the first and second derivative stands for.</summary>
    public double FirstUnit { get; private set; }

    public double SecondUnit { get; private set; }

    public void Pack()
    {
        double first = 0, second = 0;
        for (var r = 0; r < First.Length; r++)
        {
            first += Math.Abs(First[r]);
            second += Second[r];
        }

        const double Most = 1 << 30;
        var (byFirst, bySecond) = (first > 0 ? Most / first : 1, second > 0 ? Most / second : 1);
        (FirstUnit, SecondUnit) = (1 / byFirst, 1 / bySecond);
        for (var r = 0; r < First.Length; r++)
            Packed[r] = Vector128.Create((int)Math.Round(First[r] * byFirst), (int)Math.Round(Second[r] * bySecond), 1, 0);
    }
}
