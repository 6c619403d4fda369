using System.Globalization;

namespace Pqf.Bench;

/// <summary>One measured case, as it stands in the results file.</summary>
/// <param name="Date">Day of the run.</param>
/// <param name="Commit">What was measured; with + where the working tree differs.</param>
/// <param name="Bench">Which bench.</param>
/// <param name="Shape">Which case.</param>
/// <param name="Threads">Threads of the device.</param>
/// <param name="Batch">Images, 1 where there are none.</param>
/// <param name="Ms">Median time of a call.</param>
/// <param name="Gflops">Multiplications and additions per second at the median, in 10⁹; bytes in the bandwidth bench.</param>
/// <param name="Share">Of the peak measured in the same run, for products just before; 0 where it has no meaning.</param>
/// <param name="BestMs">Shortest time, for machines that others use too.</param>
/// <param name="BestShare">Share of the peak at the shortest time.</param>
/// <param name="AllocatedBytes">Managed memory of one call.</param>
sealed record Row(
    string Date,
    string Commit,
    string Bench,
    string Shape,
    int Threads,
    int Batch,
    double Ms,
    double Gflops,
    double Share,
    double BestMs,
    double BestShare,
    long AllocatedBytes
);

/// <summary>Prints rows as they come and writes them to bench/results.</summary>
sealed class Report
{
    const string Header = "date,commit,bench,shape,threads,batch,ms,gflops,share,best_ms,best_share,allocated_bytes";

    readonly List<Row> rows = [];
    readonly string date = Results.Date,
        commit = Results.Commit;

    public void Add(string bench, string shape, int threads, int batch, double work, double peak, Times times)
    {
        double Share(double ms) => peak == 0 ? 0 : work / ms / 1e6 / peak;
        var row = new Row(
            date,
            commit,
            bench,
            shape,
            threads,
            batch,
            Round(times.MedianMs),
            Round(work / times.MedianMs / 1e6),
            Round(Share(times.MedianMs)),
            Round(times.BestMs),
            Round(Share(times.BestMs)),
            times.AllocatedBytes
        );
        rows.Add(row);
        Console.WriteLine(
            string.Create(
                CultureInfo.InvariantCulture,
                $"{bench, -9} {shape, -28} threads {threads} batch {batch}: {row.Ms, 9:F4} ms {row.Gflops, 7:F1} G/s "
                    + $"{row.Share, 6:P1} | best {row.BestMs, 9:F4} ms {row.BestShare, 6:P1} | first {times.FirstMs, 7:F2} ms | "
                    + $"{row.AllocatedBytes} B"
            )
        );
    }

    /// <summary>The results file, whose rows are replaced by those of the same case.</summary>
    public string Save() => Results.Save("", Header, 2..6, rows.Select(Line));

    // No field holds a comma.
    static string Line(Row r) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"{r.Date},{r.Commit},{r.Bench},{r.Shape},{r.Threads},{r.Batch},{r.Ms},{r.Gflops},{r.Share},{r.BestMs},{r.BestShare},{r.AllocatedBytes}"
        );

    static double Round(double value) => double.Parse(value.ToString("G4", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
}
