package terraform

import (
	"strings"

	"github.com/evenkeel/evenkeel/internal/cmdb"
)

// glue is for resources that are no thing of their own but join two others: an
// attachment, a rule, an association. Each becomes the relation between them.
const glue = "-"

// logical is for resources that exist in the state only: random numbers,
// triggers, files of the machine that ran Terraform. Dependencies lead through
// them to what lies behind.
const logical = "~"

// types maps resource types to item kinds, by exact name or, with a star, by
// prefix; the longest match counts. What is not here is a cloud resource.
var types = map[string]string{
	// Terraform's own and utility providers.
	"terraform_*": logical, "null_*": logical, "random_*": logical, "time_*": logical, "local_*": logical, "template_*": logical,
	"archive_*": logical, "external*": logical, "tls_*": logical, "http*": logical, "cloudinit_*": logical,

	// AWS
	"aws_instance": cmdb.KindHost, "aws_spot_instance_request": cmdb.KindHost, "aws_lightsail_instance": cmdb.KindHost,
	"aws_autoscaling_group": cmdb.KindDeployment, "aws_lambda_function": cmdb.KindDeployment, "aws_ecs_service": cmdb.KindDeployment,
	"aws_apprunner_service": cmdb.KindDeployment, "aws_elastic_beanstalk_environment": cmdb.KindDeployment, "aws_batch_job_definition": cmdb.KindDeployment,
	"aws_ecs_cluster": cmdb.KindCluster, "aws_eks_cluster": cmdb.KindCluster, "aws_eks_node_group": cmdb.KindCluster, "aws_emr_cluster": cmdb.KindCluster,
	"aws_db_instance": cmdb.KindDatabase, "aws_rds_cluster": cmdb.KindDatabase, "aws_rds_cluster_instance": cmdb.KindDatabase, "aws_dynamodb_table": cmdb.KindDatabase,
	"aws_docdb_cluster*": cmdb.KindDatabase, "aws_neptune_cluster*": cmdb.KindDatabase, "aws_redshift_cluster": cmdb.KindDatabase,
	"aws_opensearch_domain": cmdb.KindDatabase, "aws_elasticsearch_domain": cmdb.KindDatabase, "aws_timestream*": cmdb.KindDatabase,
	"aws_elasticache_cluster": cmdb.KindCache, "aws_elasticache_replication_group": cmdb.KindCache, "aws_memorydb_cluster": cmdb.KindCache, "aws_dax_cluster": cmdb.KindCache,
	"aws_sqs_queue": cmdb.KindQueue, "aws_sns_topic": cmdb.KindQueue, "aws_kinesis_stream": cmdb.KindQueue, "aws_kinesis_firehose_delivery_stream": cmdb.KindQueue,
	"aws_msk_cluster": cmdb.KindQueue, "aws_mq_broker": cmdb.KindQueue, "aws_cloudwatch_event_bus": cmdb.KindQueue,
	"aws_s3_bucket": cmdb.KindStorage, "aws_ebs_volume": cmdb.KindStorage, "aws_efs_file_system": cmdb.KindStorage, "aws_fsx_*": cmdb.KindStorage,
	"aws_ecr_repository": cmdb.KindStorage, "aws_backup_vault": cmdb.KindStorage,
	"aws_lb": cmdb.KindBalancer, "aws_alb": cmdb.KindBalancer, "aws_elb": cmdb.KindBalancer, "aws_lb_target_group": cmdb.KindBalancer, "aws_alb_target_group": cmdb.KindBalancer,
	"aws_api_gateway_rest_api": cmdb.KindAPI, "aws_apigatewayv2_api": cmdb.KindAPI, "aws_appsync_graphql_api": cmdb.KindAPI,
	"aws_cloudfront_distribution": cmdb.KindBalancer, "aws_globalaccelerator_accelerator": cmdb.KindBalancer,
	"aws_vpc": cmdb.KindNetwork, "aws_default_vpc": cmdb.KindNetwork, "aws_subnet": cmdb.KindNetwork, "aws_default_subnet": cmdb.KindNetwork,
	"aws_internet_gateway": cmdb.KindNetwork, "aws_nat_gateway": cmdb.KindNetwork, "aws_egress_only_internet_gateway": cmdb.KindNetwork,
	"aws_security_group": cmdb.KindNetwork, "aws_default_security_group": cmdb.KindNetwork, "aws_route_table": cmdb.KindNetwork, "aws_network_acl": cmdb.KindNetwork,
	"aws_network_interface": cmdb.KindNetwork, "aws_eip": cmdb.KindNetwork, "aws_vpc_endpoint": cmdb.KindNetwork, "aws_vpn_*": cmdb.KindNetwork,
	"aws_ec2_transit_gateway": cmdb.KindNetwork, "aws_dx_*": cmdb.KindNetwork, "aws_route53_zone": cmdb.KindNetwork, "aws_route53_record": cmdb.KindNetwork,
	"aws_db_subnet_group": cmdb.KindNetwork, "aws_elasticache_subnet_group": cmdb.KindNetwork, "aws_redshift_subnet_group": cmdb.KindNetwork, "aws_docdb_subnet_group": cmdb.KindNetwork,
	"aws_acm_certificate": cmdb.KindCertificate, "aws_iam_server_certificate": cmdb.KindCertificate,
	"aws_iam_role": cmdb.KindIdentity, "aws_iam_user": cmdb.KindIdentity, "aws_iam_group": cmdb.KindIdentity, "aws_iam_policy": cmdb.KindIdentity,
	"aws_iam_instance_profile": cmdb.KindIdentity, "aws_iam_openid_connect_provider": cmdb.KindIdentity, "aws_cognito_user_pool": cmdb.KindIdentity,

	"aws_lb_listener": glue, "aws_alb_listener": glue, "aws_lb_listener_rule": glue, "aws_lb_listener_certificate": glue,
	"aws_lb_target_group_attachment": glue, "aws_alb_target_group_attachment": glue, "aws_elb_attachment": glue, "aws_autoscaling_attachment": glue,
	"aws_security_group_rule": glue, "aws_vpc_security_group_ingress_rule": glue, "aws_vpc_security_group_egress_rule": glue,
	"aws_volume_attachment": glue, "aws_eip_association": glue, "aws_network_interface_attachment": glue, "aws_network_interface_sg_attachment": glue,
	"aws_route": glue, "aws_route_table_association": glue, "aws_main_route_table_association": glue, "aws_efs_mount_target": glue,
	"aws_iam_role_policy": glue, "aws_iam_role_policy_attachment": glue, "aws_iam_user_policy": glue, "aws_iam_user_policy_attachment": glue,
	"aws_iam_group_policy": glue, "aws_iam_group_policy_attachment": glue, "aws_iam_policy_attachment": glue, "aws_iam_user_group_membership": glue,
	"aws_iam_access_key": glue, "aws_s3_bucket_*": glue, "aws_s3_object": glue, "aws_sqs_queue_policy": glue, "aws_sns_topic_policy": glue,
	"aws_sns_topic_subscription": glue, "aws_lambda_event_source_mapping": glue, "aws_lambda_permission": glue, "aws_acm_certificate_validation": glue,
	"aws_ecr_lifecycle_policy": glue, "aws_ecr_repository_policy": glue, "aws_kms_alias": glue,

	// Google Cloud
	"google_compute_instance": cmdb.KindHost, "google_compute_instance_group_manager": cmdb.KindDeployment, "google_compute_region_instance_group_manager": cmdb.KindDeployment,
	"google_cloud_run_*": cmdb.KindDeployment, "google_cloud_run_v2_service_iam_*": glue, "google_cloud_run_service_iam_*": glue,
	"google_cloudfunctions*": cmdb.KindDeployment, "google_app_engine_*": cmdb.KindDeployment,
	"google_container_cluster": cmdb.KindCluster, "google_container_node_pool": cmdb.KindCluster, "google_dataproc_cluster": cmdb.KindCluster,
	"google_sql_database_instance": cmdb.KindDatabase, "google_sql_database": cmdb.KindDatabase, "google_sql_user": glue, "google_spanner_*": cmdb.KindDatabase,
	"google_bigtable_instance": cmdb.KindDatabase, "google_firestore_database": cmdb.KindDatabase, "google_bigquery_dataset": cmdb.KindDatabase, "google_alloydb_*": cmdb.KindDatabase,
	"google_redis_*": cmdb.KindCache, "google_memcache_instance": cmdb.KindCache, "google_pubsub_topic": cmdb.KindQueue, "google_pubsub_subscription": cmdb.KindQueue, "google_cloud_tasks_queue": cmdb.KindQueue,
	"google_storage_bucket": cmdb.KindStorage, "google_storage_bucket_*": glue, "google_compute_disk": cmdb.KindStorage, "google_filestore_instance": cmdb.KindStorage,
	"google_artifact_registry_repository": cmdb.KindStorage, "google_compute_attached_disk": glue,
	"google_compute_forwarding_rule": cmdb.KindBalancer, "google_compute_global_forwarding_rule": cmdb.KindBalancer, "google_compute_backend_service": cmdb.KindBalancer,
	"google_compute_region_backend_service": cmdb.KindBalancer, "google_compute_url_map": cmdb.KindBalancer, "google_compute_target_*": cmdb.KindBalancer,
	"google_compute_network": cmdb.KindNetwork, "google_compute_subnetwork": cmdb.KindNetwork, "google_compute_firewall": cmdb.KindNetwork, "google_compute_router*": cmdb.KindNetwork,
	"google_compute_address": cmdb.KindNetwork, "google_compute_global_address": cmdb.KindNetwork, "google_compute_route": cmdb.KindNetwork, "google_dns_*": cmdb.KindNetwork,
	"google_compute_managed_ssl_certificate": cmdb.KindCertificate, "google_compute_ssl_certificate": cmdb.KindCertificate, "google_certificate_manager_certificate": cmdb.KindCertificate,
	"google_service_account": cmdb.KindIdentity, "google_service_account_*": glue, "google_project_iam_*": glue, "google_project_service": glue,

	// Azure
	"azurerm_virtual_machine": cmdb.KindHost, "azurerm_linux_virtual_machine": cmdb.KindHost, "azurerm_windows_virtual_machine": cmdb.KindHost,
	"azurerm_linux_virtual_machine_scale_set": cmdb.KindDeployment, "azurerm_windows_virtual_machine_scale_set": cmdb.KindDeployment,
	"azurerm_linux_web_app": cmdb.KindDeployment, "azurerm_windows_web_app": cmdb.KindDeployment, "azurerm_app_service": cmdb.KindDeployment, "azurerm_linux_function_app": cmdb.KindDeployment,
	"azurerm_windows_function_app": cmdb.KindDeployment, "azurerm_function_app": cmdb.KindDeployment, "azurerm_container_app": cmdb.KindDeployment, "azurerm_container_group": cmdb.KindDeployment,
	"azurerm_kubernetes_cluster": cmdb.KindCluster, "azurerm_kubernetes_cluster_node_pool": cmdb.KindCluster, "azurerm_service_plan": cmdb.KindCluster, "azurerm_app_service_plan": cmdb.KindCluster,
	"azurerm_container_app_environment": cmdb.KindCluster,
	"azurerm_postgresql_*":              cmdb.KindDatabase, "azurerm_mysql_*": cmdb.KindDatabase, "azurerm_mariadb_*": cmdb.KindDatabase, "azurerm_mssql_*": cmdb.KindDatabase,
	"azurerm_sql_*": cmdb.KindDatabase, "azurerm_cosmosdb_*": cmdb.KindDatabase,
	"azurerm_postgresql_flexible_server_configuration": glue, "azurerm_postgresql_firewall_rule": glue, "azurerm_postgresql_flexible_server_firewall_rule": glue, "azurerm_mssql_firewall_rule": glue,
	"azurerm_redis_cache": cmdb.KindCache, "azurerm_servicebus_namespace": cmdb.KindQueue, "azurerm_servicebus_queue": cmdb.KindQueue, "azurerm_servicebus_topic": cmdb.KindQueue,
	"azurerm_eventhub*": cmdb.KindQueue, "azurerm_eventgrid_*": cmdb.KindQueue,
	"azurerm_storage_account": cmdb.KindStorage, "azurerm_storage_container": cmdb.KindStorage, "azurerm_managed_disk": cmdb.KindStorage, "azurerm_container_registry": cmdb.KindStorage,
	"azurerm_virtual_machine_data_disk_attachment": glue,
	"azurerm_lb": cmdb.KindBalancer, "azurerm_application_gateway": cmdb.KindBalancer, "azurerm_frontdoor": cmdb.KindBalancer, "azurerm_cdn_*": cmdb.KindBalancer, "azurerm_lb_backend_address_pool": cmdb.KindBalancer,
	"azurerm_lb_rule": glue, "azurerm_lb_probe": glue, "azurerm_api_management_api": cmdb.KindAPI,
	"azurerm_virtual_network": cmdb.KindNetwork, "azurerm_subnet": cmdb.KindNetwork, "azurerm_network_security_group": cmdb.KindNetwork, "azurerm_network_interface": cmdb.KindNetwork,
	"azurerm_public_ip": cmdb.KindNetwork, "azurerm_route_table": cmdb.KindNetwork, "azurerm_nat_gateway": cmdb.KindNetwork, "azurerm_dns_*": cmdb.KindNetwork, "azurerm_private_dns_*": cmdb.KindNetwork,
	"azurerm_private_endpoint": cmdb.KindNetwork, "azurerm_virtual_network_gateway": cmdb.KindNetwork, "azurerm_firewall": cmdb.KindNetwork,
	"azurerm_subnet_network_security_group_association": glue, "azurerm_network_interface_security_group_association": glue, "azurerm_subnet_route_table_association": glue,
	"azurerm_network_interface_backend_address_pool_association": glue, "azurerm_network_security_rule": glue, "azurerm_virtual_network_peering": glue,
	"azurerm_key_vault_certificate": cmdb.KindCertificate, "azurerm_key_vault_secret": glue, "azurerm_role_assignment": glue, "azurerm_user_assigned_identity": cmdb.KindIdentity,

	// OpenStack and its relatives (flexibleengine, opentelekomcloud, huaweicloud)
	"openstack_compute_instance_v2": cmdb.KindHost, "openstack_networking_*": cmdb.KindNetwork, "openstack_networking_secgroup_rule_v2": glue, "openstack_blockstorage_volume_v*": cmdb.KindStorage,
	"openstack_compute_interface_attach_v2": glue, "openstack_compute_volume_attach_v2": glue,
	"flexibleengine_compute_instance_v2": cmdb.KindHost, "flexibleengine_networking_*": cmdb.KindNetwork, "flexibleengine_networking_secgroup_rule_v2": glue,
	"flexibleengine_blockstorage_volume_v2": cmdb.KindStorage, "flexibleengine_compute_interface_attach_v2": glue, "flexibleengine_compute_volume_attach_v2": glue,
	"hcloud_server": cmdb.KindHost, "hcloud_network*": cmdb.KindNetwork, "hcloud_load_balancer": cmdb.KindBalancer, "hcloud_volume": cmdb.KindStorage, "hcloud_volume_attachment": glue, "hcloud_load_balancer_target": glue,
	"digitalocean_droplet": cmdb.KindHost, "digitalocean_database_cluster": cmdb.KindDatabase, "digitalocean_kubernetes_cluster": cmdb.KindCluster, "digitalocean_loadbalancer": cmdb.KindBalancer,
	"vsphere_virtual_machine": cmdb.KindHost, "proxmox_vm_qemu": cmdb.KindHost, "libvirt_domain": cmdb.KindHost,

	// Kubernetes and Helm
	"kubernetes_deployment*": cmdb.KindDeployment, "kubernetes_stateful_set*": cmdb.KindDeployment, "kubernetes_daemon*": cmdb.KindDeployment, "kubernetes_cron_job*": cmdb.KindDeployment,
	"kubernetes_job*": cmdb.KindDeployment, "kubernetes_namespace*": cmdb.KindNamespace, "kubernetes_service": cmdb.KindBalancer, "kubernetes_service_v1": cmdb.KindBalancer,
	"kubernetes_ingress": cmdb.KindBalancer, "kubernetes_ingress_v1": cmdb.KindBalancer, "kubernetes_persistent_volume*": cmdb.KindStorage, "kubernetes_service_account*": cmdb.KindIdentity,
	"kubernetes_secret*": glue, "kubernetes_config_map*": glue, "kubernetes_role_binding*": glue, "kubernetes_cluster_role_binding*": glue, "helm_release": cmdb.KindDeployment,

	// Code, DNS, data, monitoring
	"github_repository": cmdb.KindRepository, "github_repository_*": glue, "github_branch*": glue, "github_actions_*": glue, "github_team": cmdb.KindTeam, "github_team_*": glue, "github_membership": glue,
	"gitlab_project": cmdb.KindRepository, "gitlab_project_*": glue, "gitlab_group": cmdb.KindTeam,
	"cloudflare_zone": cmdb.KindNetwork, "cloudflare_record": cmdb.KindNetwork, "cloudflare_dns_record": cmdb.KindNetwork, "cloudflare_load_balancer": cmdb.KindBalancer,
	"postgresql_database": cmdb.KindDatabase, "mysql_database": cmdb.KindDatabase, "mongodbatlas_cluster": cmdb.KindDatabase, "mongodbatlas_advanced_cluster": cmdb.KindDatabase,
	"kafka_topic": cmdb.KindQueue, "confluent_kafka_topic": cmdb.KindQueue, "confluent_kafka_cluster": cmdb.KindQueue, "rabbitmq_queue": cmdb.KindQueue,
}

// kindOf returns a resource type's item kind, glue or logical.
func kindOf(resource string) string {
	if k, ok := types[resource]; ok {
		return k
	}
	for i := len(resource); i > 0; i-- {
		if k, ok := types[resource[:i]+"*"]; ok {
			return k
		}
	}
	return cmdb.KindCloud
}

// provider is the first word of a resource type: "aws".
func provider(resource string) string {
	p, _, _ := strings.Cut(resource, "_")
	return p
}
