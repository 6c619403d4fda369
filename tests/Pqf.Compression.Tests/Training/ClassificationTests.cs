using Pqf.Compression.Training;
using Pqf.Nets.Execution;
using Pqf.Nets.Weights;
using Pqf.Tensors;
using Pqf.Tensors.Devices;
using Pqf.Testing;
using Xunit;

namespace Pqf.Compression.Tests.Training;

public sealed class ClassificationTests : IDisposable
{
    readonly HostDevice host = new();
    readonly Scope scope;

    public ClassificationTests() => scope = host.BeginScope();

    public void Dispose()
    {
        scope.Dispose();
        Assert.Equal(0, host.LiveBuffers);
        host.Dispose();
    }

    [Theory]
    [InlineData(0, 0, 1)]
    [InlineData(0.1, 0, 1)]
    [InlineData(0, 0.7, 3)]
    [InlineData(0.2, 1, 2)]
    public void The_loss_is_that_of_smoothed_labels_and_a_teacher(double smoothing, double weight, double temperature)
    {
        var parameters = SmallTraining.Parameters(host, true);
        var batch = SmallTraining.Batch(new RngKey(5), 6);
        var images = Tensor<float>.From(host, [6, 8, 8, 1], batch.Images.Span);
        var teacher = InferencePlan.Compile(
            SmallTraining.Graph,
            Initialise.Random(SmallTraining.Graph, host, new RngKey(6)),
            host,
            images.Shape
        );
        float[] taught = teacher.Run(images).ToArray(),
            learnt = Forward.WithStatistics(SmallTraining.Graph, parameters, images, NormMode.Batch).Output.ToArray();
        var options = new ClassificationOptions
        {
            LabelSmoothing = (float)smoothing,
            Teacher = new Teacher(teacher, new TeacherMix(weight, temperature)),
        };
        var evaluation = Classification
            .Task(SmallTraining.Graph, parameters, options, SmallTraining.Data)
            .Evaluate(batch, _ => { })
            .Value();

        double expected = 0;
        for (int i = 0; i < 6; i++)
        {
            double[] plain = LogSoftmax(learnt, i, 1),
                soft = LogSoftmax(learnt, i, temperature),
                target = LogSoftmax(taught, i, temperature);
            for (int c = 0; c < 3; c++)
            {
                double label = ((1 - smoothing) * (batch.Classes.Span[i] == c ? 1 : 0)) + (smoothing / 3);
                expected -= (((1 - weight) * label * plain[c]) + (weight * temperature * temperature * Math.Exp(target[c]) * soft[c])) / 6;
            }
        }

        Assert.Equal(expected, evaluation.Loss.ToArray()[0], 1e-5 * Math.Max(1, expected));
        Assert.Equal(6, evaluation.Extra.Metrics.Count);
    }

    [Fact]
    public void Metrics_are_mean_cross_entropy_and_the_share_of_first_places()
    {
        var logits = Tensor<float>.From(host, [2, 3], [1, 2, 4, 0, 5, 5]);
        var metrics = Classification.Measure(logits, [2, 2]);
        // −log softmax: log(e⁻³ + e⁻² + 1) and log(e⁻⁵ + 1 + 1); of equal logits the lower number comes first.
        Assert.Equal((Math.Log(Math.Exp(-3) + Math.Exp(-2) + 1) + Math.Log(Math.Exp(-5) + 2)) / 2, metrics[Metrics.Loss], 1e-12);
        Assert.Equal(0.5, metrics[Classification.Accuracy]);
    }

    [Fact]
    public void Metrics_of_two_sets_are_weighted_by_their_counts()
    {
        var sum = new Metrics(3, [new("loss", 1)]) + new Metrics(1, [new("loss", 5)]) + Metrics.None;
        Assert.Equal((4, 2.0), (sum.Count, sum["loss"]));
        Assert.Equal(
            "Metrics: expected accuracy, which is not among loss",
            Assert.Throws<KeyNotFoundException>(() => sum["accuracy"]).Message
        );
    }

    [Fact]
    public void A_validation_measures_what_a_file_will_hold()
    {
        // Codebooks that differ by less than half precision can tell give the same values.
        var parameters = SmallTraining.Parameters(host, true);
        var fc = (Weight.Quantised)parameters["fc.weight"];
        float[] halves = [.. fc.Codebook.ToArray().Select(value => (float)(Half)value)];
        var rounded = parameters.With("fc.weight", fc with { Codebook = Tensor<float>.From(host, fc.Codebook.Shape, halves) });
        var off = parameters.With(
            "fc.weight",
            fc with
            {
                Codebook = Tensor<float>.From(host, fc.Codebook.Shape, [.. halves.Select(value => value * (1 + (1f / 8192)))]),
            }
        );
        Assert.Equal(Loss(rounded), Loss(off));
        Assert.NotEqual(Loss(rounded), Loss(parameters.With("fc.bias", new Weight.Dense(Tensor<float>.From(host, [3], [1, 0, 0])))));
    }

    static double Loss(Parameters parameters) =>
        Classification.Validate(SmallTraining.Graph, parameters, SmallTraining.Data, TestContext.Current.CancellationToken).Value()[
            Metrics.Loss
        ];

    static double[] LogSoftmax(float[] logits, int row, double temperature)
    {
        double[] scaled = [.. logits.Skip(row * 3).Take(3).Select(value => value / temperature)];
        double logSum = Math.Log(scaled.Sum(Math.Exp));
        return [.. scaled.Select(value => value - logSum)];
    }
}
