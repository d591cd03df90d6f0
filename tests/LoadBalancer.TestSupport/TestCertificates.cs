using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace LoadBalancer.TestSupport;

/// <summary>Certificates of an authority that is made for one test.</summary>
public static class TestCertificates
{
    /// <summary>
    /// Writes the certificate of a new authority, and one of its for <paramref name="name"/> with the key, for servers and clients;
    /// the paths of the PEM files ca.pem, cert.pem and key.pem in <paramref name="folder"/>.
    /// </summary>
    public static (string Ca, string Certificate, string Key) Make(string folder, string name)
    {
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=test authority", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        caRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var ca = caRequest.CreateSelfSigned(from, to);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new("1.3.6.1.5.5.7.3.1"), new("1.3.6.1.5.5.7.3.2")], false));
        using var certificate = request.Create(ca, from, to, [1, 2, 3]);
        return (Write("ca.pem", ca.ExportCertificatePem()), Write("cert.pem", certificate.ExportCertificatePem()), Write("key.pem", key.ExportPkcs8PrivateKeyPem()));

        string Write(string file, string text)
        {
            var path = Path.Combine(folder, file);
            File.WriteAllText(path, text);
            return path;
        }
    }
}
